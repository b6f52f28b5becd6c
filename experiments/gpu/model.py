#!/usr/bin/env python3
"""What the compiled kernels would take on an H200: a model, not a measurement.

    experiments/gpu/model.py [--source DIR] [--nvcc NVCC] [-o OUT.tsv]

Needs nvcc, and readelf of binutils; no GPU. It compiles DIR/cuda/*.cu for compute capability 9.0, whose machine code it
reads, and for the others that the project makes machine code for, and prints
- registers, spilled bytes and stack per kernel, as ptxas reports them for 9.0, and registers and spills for the others;
- cycles per element of the loops that an update spends its time in, by playing the machine code of one warp in order:
  each instruction has the stall count and the scoreboards that the compiler wrote into it, a load from global memory
  takes the second-level cache's latency (LATENCY). A generic load may be of shared memory, so there is a range. Where a
  function is compiled into a kernel several times, the first of its largest loops counts, and "each copy" has all;
- microseconds per update for the papers' shape, from these cycles and from the assumptions in the table ASSUMED.
DIR may be an older checkout: its launches are told from its sources. Expect errors of 40 % either way.
"""
import argparse
import math
import os
import re
import struct
import subprocess
import sys
import tempfile

LATENCY = {"global": 280, "shared": 26, "other": 20}  # cycles; the last also for what computes in another pipeline
GENERIC = {"least": 33, "most": 280}  # a load that may be from either: the machine code does not say
CLOCK = 1.98e9
PROCESSORS = 132

# Microseconds or cycles that no loop here gives; from published measurements of such GPUs and from counting loads.
ASSUMED = {
    "edge": 1.0,  # us between two launches of a graph
    "edge, overlapping": 0.5,  # us with programmatic dependent launch; the prologue is hidden under the last launch
    "grid barrier": 1.2,  # us of one of a cooperative kernel
    "prologue": 900,  # cycles: copying the view, placing the scratch
    "barrier": 40,  # cycles
    "remember": 7000,  # cycles: one lane per environment walks its item's entries
    "close": 5000,  # cycles: two powers and 96 sums by one lane
    "argmax": 40,  # cycles per action, by one lane
    "listing": 460,  # cycles: the features of a state that are on, out of all that its item may have
    "bandwidth": 4.3e12,  # bytes per second
    "products": 25,  # us of cuBLAS's in an update of the wide path at batch 4096
    "rest": 45,  # us of its losses, slopes and biases
}

# The papers' shape on photos.h5: places of a state, half of which are on in the middle of an episode; the share of
# samples that have the most frequent label.
HIDDEN, ACTIONS, PLACES, FEATURES, ENVS, FREQUENT = 256, 31, 45, 1104, 8, 0.45

# 12-bit opcodes of Hopper that matter here.
LOADS = {0x980: "generic", 0x981: "global", 0x983: "local", 0x984: "shared"}
MULTIPLY_ADDS = {0x223, 0x823, 0x423, 0xA23}
MULTIPLICATIONS = {0x220, 0x820, 0x420}
BRANCH = 0x947


class Instruction:
    def __init__(self, at, low, high):
        self.at = at
        self.op = low & 0xFFF
        self.stall = max(high >> 41 & 15, 1)
        self.sets = high >> 46 & 7  # the scoreboard that its result frees
        self.reads = high >> 49 & 7  # the one that its operands free
        self.waits = [i for i in range(6) if high >> 52 + i & 1]
        self.goes_to = None
        if self.op == BRANCH:
            offset = ((high & 0x3FFFF) << 30 | low >> 34) << 8 | (low >> 16 & 0xFF)
            offset -= (offset >> 55 & 1) << 56
            self.goes_to = at + 16 + 4 * offset


def text_sections(path):
    data = open(path, "rb").read()
    start = struct.unpack_from("<Q", data, 0x28)[0]
    size, n, names = struct.unpack_from("<HHH", data, 0x3A)
    header = [struct.unpack_from("<IIQQQQIIQQ", data, start + i * size) for i in range(n)]
    strings = data[header[names][4] : header[names][4] + header[names][5]]
    for h in header:
        name = strings[h[0] : strings.index(b"\0", h[0])].decode()
        if name.startswith(".text."):
            code = data[h[4] : h[4] + h[5]]
            yield name[6:], [Instruction(at, *struct.unpack_from("<QQ", code, at)) for at in range(0, len(code), 16)]


def source_lines(path, sections):
    """Per section, (file, line) of addresses, ascending: sequences come in the order of the sections."""
    text = subprocess.run(["readelf", "--debug-dump=decodedline", path], capture_output=True, text=True).stdout
    sequences, last = [[]], -1
    for line in text.splitlines():
        found = re.match(r"^(\S+)\s+(\d+)\s+(0x[0-9a-f]+|0)\b", line)
        if found:
            at = int(found.group(3), 16)
            if at < last:
                sequences.append([])
            last = at
            sequences[-1].append((at, found.group(1), int(found.group(2))))
    if len(sequences) != len(sections):
        sys.exit(f"model.py: {path}: expected lines of {len(sections)} kernels, found {len(sequences)}")
    return sequences


def functions_of(folder):
    """Per file, (line, function) ascending."""
    table = {}
    for name in os.listdir(folder):
        found, declared = [], None
        for number, line in enumerate(open(os.path.join(folder, name), encoding="utf-8"), 1):
            if line.startswith(("AMS_HOST_DEVICE", "static")):
                declared = number
            match = re.search(r"\b(ams_\w+)\(", line)
            if declared and number - declared < 3 and match:
                found.append((declared, match.group(1)))
                declared = None
        table[name] = found
    return table


def lookup(pairs, at):
    best = None
    for entry in pairs:
        if entry[0] > at:
            break
        best = entry
    return best


def loops(code):
    """(first, last) of the innermost loops."""
    index = {i.at: k for k, i in enumerate(code)}
    back = [(index[i.goes_to], k) for k, i in enumerate(code) if i.goes_to is not None and i.goes_to <= i.at and i.goes_to in index]
    return [(a, b) for a, b in back if b - a < 600 and not any((c, d) != (a, b) and a <= c and d <= b for c, d in back)]


def cycles(body, generic):
    """Of one turn of the loop, when it has run for a while."""
    rounds, now, busy, marks = 8, 0.0, [[] for _ in range(6)], []
    for _ in range(rounds):
        marks.append(now)
        for i in body:
            for s in i.waits:
                now = max([now] + busy[s])
                busy[s] = []
            kind = LOADS.get(i.op)
            takes = generic if kind == "generic" else LATENCY.get(kind, LATENCY["other"])
            if i.sets != 7:
                busy[i.sets].append(now + takes)
            if i.reads != 7:
                busy[i.reads].append(now + 12)
            now += i.stall
    return (marks[-1] - marks[1]) / (rounds - 2)


def compile_kernels(nvcc, source, folder, capability):
    reports, cubins = [], []
    for name in ("kernels", "wide", "score"):
        cubin = os.path.join(folder, name + ".cubin")
        command = [nvcc, "-cubin", "-lineinfo", "-arch=sm_" + capability, "-std=c++17", "-O3", "-I" + source, "-I" + source + "/include",
                   "-D_GNU_SOURCE", "-DR123_USE_SSE=0", "-Xptxas", "-v", os.path.join(source, "cuda", name + ".cu"), "-o", cubin]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"model.py: {' '.join(command)}\n{done.stderr}")
        reports += re.findall(r"Compiling entry function '(\S+)'.*?(\d+) bytes stack frame, (\d+) bytes spill stores, "
                              r"(\d+) bytes spill loads.*?Used (\d+) registers", done.stderr, re.S)
        cubins.append(cubin)
    return reports, cubins


def kernel_name(mangled):
    found = re.match(r"_Z(\d+)(\w+)", mangled)
    name = found.group(2)[: int(found.group(1))]
    return name[2:] if name.startswith("k_") else name


MODELLED, CAPABILITIES = "90", ("80", "90", "100")

# Loop, kernel, function, multiply-adds per element, what an element is.
LOOPS = [
    ("output layer", "learn", "ams_layer_parts", 1, "unit"),
    ("first layer", "learn", "ams_first_layer", 1, "place"),
    ("rows of the first layer", "step", "ams_sum_four", None, "sample"),
    ("dense gradient", "step", "ams_dense_gradient", 1, "sample"),
    ("first layer, wide path", "first", "ams_first_layer", 1, "place"),
    ("roll-out, output layer", "roll_out", "ams_roll_output", 1, "unit"),
]


def measure_loops(cubins, functions):
    """Of each function in a kernel: (multiply-adds, loads under way, cycles of a turn) of its largest loops, in their order."""
    found = {}
    for cubin in cubins:
        sections = list(text_sections(cubin))
        for (mangled, code), lines in zip(sections, source_lines(cubin, sections)):
            kernel = kernel_name(mangled).replace("roll_out_items", "roll_out")
            for first, last in loops(code):
                body = code[first : last + 1]
                adds = [i for i in body if i.op in MULTIPLY_ADDS] or [i for i in body if i.op in MULTIPLICATIONS]
                if not adds:
                    continue
                at = lookup(lines, adds[0].at)
                inside = lookup(functions.get(at[1], []), at[2]) if at else None
                if inside:
                    key = (kernel, inside[1])
                    if key not in found or len(adds) > found[key][0][0]:
                        found[key] = []
                    if not found[key] or len(adds) == found[key][0][0]:
                        wide = sum(i.op in LOADS and LOADS[i.op] != "shared" for i in body)
                        found[key].append((len(adds), wide, {end: cycles(body, most) for end, most in GENERIC.items()}))
    return found


def shape_of(source):
    text = open(os.path.join(source, "cuda", "layout.h"), encoding="utf-8").read()
    view = open(os.path.join(source, "cuda", "view.h"), encoding="utf-8").read()
    rows = re.search(r"(?:AMS_STEP_ROWS =|AMS_ROWS_OF_BLOCK) (\d+)", view)
    return {"apart": "AMS_WORK_REMEMBER" in text, "rows": int(rows.group(1)) if rows else 1,
            "lists": "ams_find_features" in open(os.path.join(source, "cuda", "forward.h"), encoding="utf-8").read(),
            "overlap": "cudaGridDependencySynchronize" in open(os.path.join(source, "cuda", "kernels.cu"), encoding="utf-8").read()}


def update(batch, runs, loop, registers, shape):
    """Microseconds of the launches of one update, of the wide path where it is taken."""
    a = ASSUMED
    prologue = 0 if shape["overlap"] else a["prologue"]
    us = 1e6 / CLOCK

    def waves(blocks, kernel):
        resident = max(1, min(2048 // 256, 65536 // (256 * max(registers[kernel], 32))))
        return math.ceil(blocks / (resident * PROCESSORS))

    places, finding = (PLACES / 2, a["listing"]) if shape["lists"] else (PLACES, 0)
    q = 3 * LATENCY["global"] + finding + places * loop["first layer"] + HIDDEN / 8 * loop["output layer"] + 5 * a["barrier"] + 8 * 30
    act = prologue + q + ACTIONS * a["argmax"] + (0 if shape["apart"] else a["remember"])
    read = 5 * LATENCY["global"] + ACTIONS * a["argmax"]
    back = (ACTIONS if shape["apart"] else math.ceil(ACTIONS / 8)) * (LATENCY["shared"] + 8) + LATENCY["global"]
    learn = prologue + waves(batch * runs, "learn") * (read + 2 * q + 2 * ACTIONS * a["argmax"] + back + 8 * a["barrier"])
    dense = math.ceil((HIDDEN * ACTIONS + HIDDEN + ACTIONS) / 256)
    rows = math.ceil(FEATURES / shape["rows"])
    # The longest row decides the tail, the mean row the waves; a row reads and writes six vectors of H.
    listing = 3 * LATENCY["global"] + a["barrier"] * 2
    long_row = FREQUENT * batch * loop["rows of the first layer"] + math.ceil(batch / 256) * listing
    mean_row = PLACES / 2 * batch / FEATURES * loop["rows of the first layer"] + listing + 3 * LATENCY["global"]
    step = prologue + waves((rows + dense) * runs, "step") * mean_row
    tail = max(long_row, batch * loop["dense gradient"] if batch < 512 else 0)
    step = max(step, prologue + tail + (mean_row if shape["apart"] else 0))
    step = max(step, CLOCK * runs * FEATURES * HIDDEN * 4 * 6 / a["bandwidth"]) if runs > 1 else step
    if batch * HIDDEN * ACTIONS >= 1 << 23:
        row = read + 3 * LATENCY["global"] + finding + places * loop["first layer, wide path"] + 4 * a["barrier"]
        learn = 2 * waves(batch, "first") * row + (a["products"] + a["rest"]) / us
    works = {"act": act, "learn": learn, "step": step}
    if shape["apart"]:
        works["remember"] = prologue + a["remember"]
        works["close"] = prologue + a["close"]
    edge = a["edge, overlapping"] if shape["overlap"] else a["edge"]
    result = {name: c * us for name, c in works.items()}
    result["edges"] = edge * len(works)
    result["update"] = sum(result.values())
    return result


def both(least, most, digits):
    low, high = f"{least:.{digits}f}", f"{most:.{digits}f}"
    return low if low == high else f"{low} to {high}"


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", default=os.path.dirname(os.path.dirname(here)))
    parser.add_argument("--nvcc", default="nvcc")
    parser.add_argument("-o", "--out")
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        reports, cubins = compile_kernels(options.nvcc, options.source, folder, MODELLED)
        found = measure_loops(cubins, functions_of(os.path.join(options.source, "cuda")))
        others = {c: compile_kernels(options.nvcc, options.source, folder, c)[0] for c in CAPABILITIES if c != MODELLED}
    registers = {}
    for mangled, stack, stores, loads, used in reports:
        name = kernel_name(mangled)
        registers[name] = int(used)
        rows += [("registers", name, used, "-"), ("spilled", name, str(int(stores) + int(loads)), "bytes"),
                 ("stack", name, stack, "bytes")]
    for capability, report in others.items():
        for mangled, stack, stores, loads, used in report:
            rows += [(f"registers, sm_{capability}", kernel_name(mangled), used, "-"),
                     (f"spilled, sm_{capability}", kernel_name(mangled), str(int(stores) + int(loads)), "bytes")]
    shape = shape_of(options.source)
    loop = {end: {} for end in GENERIC}
    for what, kernel, function, per, unit in LOOPS:
        if function == "ams_sum_four" and (kernel, function) not in found:
            function = "ams_add_held"  # of older checkouts
        if (kernel, function) not in found:
            sys.exit(f"model.py: no loop of {function} in the kernel {kernel}")
        adds, loads, taken = found[kernel, function][0]
        per = per or (4 if shape["rows"] > 1 else 1)
        # A lane has HIDDEN / 32 units of a row, and so as many vectors of 4 as make them up.
        passes = HIDDEN // 128 if what.startswith("rows") and shape["rows"] > 1 else 1
        for end in GENERIC:
            loop[end][what] = taken[end] * per / adds * passes
        rows.append(("loop", what, both(loop["least"][what], loop["most"][what], 0), f"cycles per {unit}"))
        each = [both(*(turn[end] * per / adds * passes for end in ("least", "most")), 0) for _, _, turn in found[kernel, function]]
        rows += [("each copy", what, ", ".join(each), f"cycles per {unit}"), ("loads at a time", what, str(loads), "-")]
    for batch, runs in ((64, 1), (256, 1), (4096, 1), (64, 20)):
        case = f"batch {batch}, {runs} run{'s' if runs > 1 else ''}"
        least, most = (update(batch, runs, loop[end], registers, shape) for end in ("least", "most"))
        rows += [("model", f"{case}: {name}", both(least[name], most[name], 1), "us") for name in least]
        rows.append(("model", f"{case}: updates", both(runs * 1e6 / most["update"], runs * 1e6 / least["update"], 0), "1/s"))
    n = 5 if shape["apart"] else 3
    us = 1e6 / CLOCK
    rows += [("between launches", "graph", f"{n * (ASSUMED['edge'] + ASSUMED['prologue'] * us):.1f}", "us"),
             ("between launches", "graph, programmatic dependent launch", f"{n * ASSUMED['edge, overlapping']:.1f}", "us"),
             ("between launches", "one cooperative kernel", f"{n * ASSUMED['grid barrier']:.1f}", "us")]
    text = "what\tof\tvalue\tunit\n" + "".join("\t".join(row) + "\n" for row in rows)
    if options.out:
        with open(options.out, "w", encoding="utf-8") as file:
            file.write(text)
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
