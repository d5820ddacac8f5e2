"""The PyTorch contender; contender_worker.h has the protocol."""

import sys
import time

folder, threads = sys.argv[1], int(sys.argv[2])


def say(line):
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


try:
    import torch
except ImportError as error:
    say("no %s" % error)
    sys.exit(0)
torch.set_num_threads(threads)


def load(name, *shape):
    values = torch.empty(shape, dtype=torch.float32)
    with open(folder + "/" + name, "rb") as file:
        file.readinto(values.numpy().data.cast("B"))
    return values


class Layer:
    def __init__(self, words):
        (c, o, k, self.stride, self.begin, self.end, output_padding,
         self.groups, bias, self.dilation, length, self.length,
         self.gradient) = words
        # What is not given has its shape, which is all that counts then.
        self.x = load("x.bin", 1, c, length)
        self.weight = load("weight.bin", c, o // self.groups, k)
        self.bias = load("bias.bin", o) if bias else None
        # PyTorch crops alike on both sides; the rest is left uncropped, as
        # models in PyTorch slice it off afterwards.
        self.crop = min(self.begin, self.end)
        self.output_padding = output_padding
        if self.gradient:
            y = load("y.bin", o, self.length)
            self.y = torch.nn.functional.pad(
                y, (self.begin - self.crop, self.end - self.crop))[None]
            self.mask = [self.gradient == 1, self.gradient == 2, False]

    def __call__(self):
        if self.gradient:
            return torch.ops.aten.convolution_backward(
                self.y, self.x, self.weight, None, [self.stride], [self.crop],
                [self.dilation], True, [self.output_padding], self.groups,
                self.mask)[self.gradient - 1]
        return torch.nn.functional.conv_transpose1d(
            self.x, self.weight, self.bias, self.stride, self.crop,
            self.output_padding, self.groups, self.dilation)

    def note(self):
        if self.begin == self.end:
            return "ok"
        return "ok computes what a one-sided crop would leave out"

    def output(self):
        if self.gradient:
            return self()
        first = self.begin - self.crop
        return self()[0, :, first:first + self.length]


def run(layer, warm, count, batch):
    clock = time.perf_counter_ns
    for _ in range(warm):
        layer()
    times = []
    for _ in range(count):
        begin = clock()
        for _ in range(batch):
            layer()
        times.append("%.1f" % ((clock() - begin) / batch))
    return "times " + " ".join(times)


def answer(words):
    global layer
    if words[0] == "layer":
        layer = None
        layer = Layer([int(word) for word in words[1:]])
        return layer.note()
    if words[0] == "run":
        return run(layer, *[int(word) for word in words[1:]])
    layer.output().contiguous().numpy().tofile(folder + "/result.bin")
    return "ok"


layer = None
say("ready torch " + torch.__version__)
with torch.no_grad():
    for line in sys.stdin:
        try:
            say(answer(line.split()))
        except Exception as error:  # whatever it is, it is the answer
            say("no " + str(error).split("\n")[0])
