"""Writes ams/declarations.h and ams/_declared.py, what the package declares of the library.

usage: declare.py [FOLDER]      FOLDER: where to write; without it the package itself

Takes the functions named in WANTED from the public headers, with every type that they need, and lets
cffi make a module of them. Only a maintainer runs it, after a change of the headers; the tests hold the
result against the headers by the C compiler.
"""
import pathlib
import re
import sys

WANTED = """
ams_version ams_version_commit ams_fail ams_status ams_split ams_names_get ams_names_find ams_names_add
ams_table_read ams_table_write ams_table_fini ams_table_hash ams_table_check ams_table_cost_unit ams_output_kinds
ams_import_options ams_import_counts ams_import_defaults
ams_data_import ams_row_parser_create ams_row_parser_destroy ams_row_parse ams_row ams_names_fini ams_data_split ams_data_split_from
ams_split_options ams_feature_modes ams_reward_modes ams_value_modes ams_env_defaults ams_env_create ams_env_destroy
ams_vector_env_create ams_vector_env_destroy ams_vector_env_reset ams_vector_env_step ams_vector_env_observe ams_autoreset
ams_decide_modes ams_policy_file_read ams_policy_file_path ams_policy_file_fini ams_policy_create
ams_policy_create_from_orders ams_policy_destroy ams_policy_set_name ams_policy_set_goal ams_policy_has_goals
ams_policy_choose ams_pool_create ams_pool_destroy ams_score_defaults ams_score_open ams_score_load
ams_score_add ams_score_run ams_score_close ams_score_interval ams_score_write ams_score_write_items
ams_score_metric_names ams_score_result ams_result_frame ams_result_fini ams_frame_print
ams_bootstrap_mean ams_bootstrap_interval ams_score_has_kind
ams_training_request_init ams_training_request_fini ams_training_request_put ams_training_request_set
ams_config_file ams_training_open ams_training_close ams_training_choose_device ams_training_run
ams_training_tell ams_run_result ams_compare_defaults ams_compare_run ams_compare_close ams_compare_write
ams_figures_defaults ams_figure_format_names ams_figures_draw ams_figures_result_fini ams_train_keys ams_n_train_keys
ams_online_text ams_online_size ams_online_open ams_online_models ams_online_labels ams_online_model_name
ams_online_label_name ams_online_model ams_online_label ams_online_goals ams_online_model_ms ams_online_model_mb
ams_item_limits_none ams_item_size ams_item_begin ams_item_aim ams_item_goal ams_item_next ams_item_started
ams_item_finished ams_item_finished_named ams_item_failed ams_item_results ams_item_labels ams_item_values
ams_item_rule ams_item_answer ams_online_code ams_run_outcome
""".split()
# Types that the package never looks into.
OPAQUE = {"ams_policy_kind", "ams_accelerator", "ams_agent", "ams_scheduler", "FILE"}


def declarations(include: pathlib.Path) -> list:
    """Every top-level declaration of the public headers, without comments and bodies."""
    order = re.findall(r'#include "ams/(\w+\.h)"', (include / "ams/framework.h").read_text())
    found, seen = [], set()

    def read(name: str) -> None:
        if name in seen:
            return
        seen.add(name)
        text = (include / "ams" / name).read_text()
        for other in re.findall(r'#include "ams/(\w+\.h)"', text):
            read(other)
        text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
        text = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*$", "", text, flags=re.M)
        text = re.sub(r'extern "C" \{|AMS_ONLINE_API|__attribute__\(\(format\([^)]*\)\)\)', "", text)
        depth, start = 0, 0
        for at, char in enumerate(text):
            depth += {"{": 1, "}": -1}.get(char, 0)
            body = char == "}" and depth == 0 and re.match(r"\s*static inline", text[start:at])
            if (char == ";" and depth == 0) or body or depth < 0:
                if not body and depth == 0:
                    found.append(re.sub(r"\s+", " ", text[start:at + 1]).strip())
                depth, start = max(depth, 0), at + 1

    for name in order + ["online.h"]:
        read(name)
    return found


def name_of(text: str) -> str:
    """What a declaration declares; the constants of an enum without a name."""
    if match := re.match(r"typedef .*?\b(\w+) ?;$", text) if "(" not in text.rsplit("}", 1)[-1] else None:
        return match[1]
    if match := re.match(r"(?:struct|enum) (\w+) (?:\{.*\})?;$", text):
        return match[1]
    if match := re.match(r"typedef [^(]*\b(\w+)\(", text):
        return match[1]
    if text.startswith("enum {"):
        return "enum"
    match = re.match(r"(?:extern )?[^({=]*?\b(\w+) ?(?:\(|\[|;)", text)
    return match[1] if match else ""


def select(all_of_them: list) -> list:
    """The wanted ones and what they refer to, in the headers' order."""
    by_name: dict = {}
    for text in all_of_them:
        by_name.setdefault(name_of(text), []).append(text)
    for text in all_of_them:
        if re.match(r"(typedef )?enum\b", text):
            for constant in re.findall(r"\b(AMS_\w+)(?= ?[,=}])", text):
                by_name.setdefault(constant, []).append(text)
    chosen, todo = set(), list(WANTED)
    if missing := [name for name in WANTED if name not in by_name]:
        sys.exit(f"declare.py: not in the headers: {' '.join(missing)}")
    while todo:
        name = todo.pop()
        for text in by_name.get(name, []):
            if text not in chosen and name not in OPAQUE:
                chosen.add(text)
                todo += re.findall(r"\b(?:ams|AMS)_\w+", text)
    return [text for text in dict.fromkeys(all_of_them) if text in chosen]


def text_of(include: pathlib.Path) -> str:
    """The declarations as C that cffi reads."""
    lines = ["/* Made by python/declare.py of the public headers; not to be edited. */"]
    lines += [f"typedef struct {name} {name};" for name in sorted(OPAQUE - {"FILE"})]
    for text in select(declarations(include)):
        if "{" in text:
            text = re.sub(r"([{;]) ", r"\1\n    ", text).replace("\n    }", "\n}").replace(" }", "\n}")
        lines.append(text.replace("sig_atomic_t", "int"))
    lines.append("void free(void *);")
    return "\n".join(lines) + "\n"


def main() -> None:
    import cffi

    here = pathlib.Path(__file__).resolve().parent
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here / "ams"
    text = text_of(here.parent / "include")
    (folder / "declarations.h").write_text(text)
    ffi = cffi.FFI()
    ffi.cdef(text)
    ffi.set_source("ams._declared", None)
    ffi.emit_python_code(str(folder / "_declared.py"))


if __name__ == "__main__":
    main()
