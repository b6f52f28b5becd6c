"""Schedules one item from Python: example.py LIBAMS.SO POLICY.AMS [DEADLINE_MS]"""
import ctypes as c
import sys


class Limits(c.Structure):
    _fields_ = ([(f, c.c_double) for f in ("deadline_ms", "memory_mb", "stop_below")]
                + [(f, c.c_int) for f in ("rule", "negative", "late", "stop")]
                + [(f, c.POINTER(c.c_float)) for f in ("priority", "time_ms", "mem_mb")] + [(f, c.c_double) for f in ("goal", "aim", "draw")])


class Step(c.Structure):  # answer: 0 start, 1 wait, 2 done
    _fields_ = [("answer", c.c_int), ("n", c.c_uint32), ("model", c.c_uint32 * 64), ("wake_ms", c.c_double)]


ams = c.CDLL(sys.argv[1])
ams.ams_item_limits_none.restype, ams.ams_item_size.restype = Limits, c.c_size_t
ams.ams_online_text.restype = ams.ams_online_model_name.restype = c.c_char_p


def call(function, *args):
    if code := function(*args):
        raise ValueError(ams.ams_online_text(code).decode())


data, size, policy, item, step = open(sys.argv[2], "rb").read(), c.c_size_t(), c.c_void_p(), c.c_void_p(), Step()
call(ams.ams_online_size, data, c.c_size_t(len(data)), c.byref(size))
memory = c.create_string_buffer(size.value)  # keep it as long as the policy
call(ams.ams_online_open, c.byref(policy), data, c.c_size_t(len(data)), memory, size)
limits, room = ams.ams_item_limits_none(), c.create_string_buffer(ams.ams_item_size(policy))
limits.deadline_ms = float((sys.argv + ["inf"])[3])
call(ams.ams_item_begin, c.byref(item), policy, c.byref(limits), room, c.c_size_t(len(room)))
now = 0.0
while call(ams.ams_item_next, item, c.c_double(now), c.byref(step)) or step.answer != 2:
    for model in step.model[:step.n]:  # here your model would run; this one finds task/0
        print(ams.ams_online_model_name(policy, model).decode())
        call(ams.ams_item_started, item, model, c.c_double(now))
    now += 1.0
    for model in step.model[:step.n]:  # confidences, or None: each 1
        call(ams.ams_item_finished_named, item, model, c.c_double(now), (c.c_char_p * 1)(b"task/0"), None, c.c_size_t(1))
