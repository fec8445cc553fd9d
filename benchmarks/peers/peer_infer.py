# SPDX-License-Identifier: MIT
"""Inference: one generator, one batch, all three results (picture, CAM logits, heatmap)."""
import os

import numpy as np

LIMITS = dict(fp32=dict(image=5e-4, logits=5e-4), tf32=dict(image=1e-2, logits=2e-2),
              bf16=dict(image=5e-2, logits=1e-1))


def stem(o):
    return os.path.join(o.cache, 'infer-%s-%d-%d-b%d' % (o.variant, o.size, o.channels, o.batch))


def reference_path(o):
    return stem(o) + '.npz'


def network(o):
    import torch
    from ugatit_torch import Generator
    torch.set_num_threads(o.threads)
    torch.manual_seed(0)
    return torch, Generator(o.channels, o.blocks, o.size, o.variant == 'light').eval()


def prepare(o):
    torch, generator = network(o)
    rng = torch.Generator().manual_seed(1)
    x = torch.rand((o.batch, 3, o.size, o.size), generator=rng) * 2 - 1
    if not os.path.exists(reference_path(o)):
        with torch.inference_mode():
            image, logits, _ = generator(x)
        np.savez(reference_path(o), x=x.numpy(), image=image.numpy(), logits=logits.numpy())
    if o.kind == 'openvino' and not os.path.exists(stem(o) + '.xml'):
        import openvino
        with torch.no_grad():
            model = openvino.convert_model(generator, example_input=x, input=[list(x.shape)])
        openvino.save_model(model, stem(o) + '.xml', compress_to_fp16=False)
    if o.kind == 'onnxruntime' and not os.path.exists(stem(o) + '.onnx'):
        torch.onnx.export(generator, (x,), stem(o) + '.onnx', dynamo=True, input_names=['x'],
                          output_names=['image', 'logits', 'heatmap'])
    return 0


class Work:
    def __init__(self, o, call, version):
        self.call, self.version, self.limits = call, version, LIMITS[o.precision]

    def run(self):
        self.call()

    def first(self):
        image, logits, _ = self.call()
        return dict(image=image, logits=logits)


def build_openvino(o, x):
    import openvino
    model = openvino.Core().compile_model(stem(o) + '.xml', 'CPU', {
        'PERFORMANCE_HINT': 'LATENCY', 'INFERENCE_NUM_THREADS': o.threads,
        'INFERENCE_PRECISION_HINT': 'f32' if o.precision == 'fp32' else 'bf16'})
    request = model.create_infer_request()

    def call():
        result = request.infer({0: x}, share_inputs=True, share_outputs=True)
        return [result[i] for i in range(3)]
    return Work(o, call, 'OpenVINO ' + openvino.__version__)


def build_onnxruntime(o, x):
    import onnxruntime
    if o.precision == 'bf16':
        raise SystemExit("peer: onnxruntime's CPU provider has no bf16 convolution")
    s = onnxruntime.SessionOptions()
    s.intra_op_num_threads, s.inter_op_num_threads = o.threads, 1
    s.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    s.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    session = onnxruntime.InferenceSession(stem(o) + '.onnx', s, providers=['CPUExecutionProvider'])
    return Work(o, lambda: session.run(None, {'x': x}), 'onnxruntime ' + onnxruntime.__version__)


def build(o, reference):
    x = reference['x']
    if o.kind == 'openvino':
        return build_openvino(o, x)
    if o.kind == 'onnxruntime':
        return build_onnxruntime(o, x)
    torch, generator = network(o)
    generator, x = generator.to(o.device), torch.from_numpy(x).to(o.device)
    if o.layout == 'channels_last':
        generator, x = (t.to(memory_format=torch.channels_last) for t in (generator, x))
    if o.precision == 'bf16' and not o.autocast:
        generator, x = generator.bfloat16(), x.bfloat16()
    if o.kind == 'compile':
        import torch._inductor.config
        torch._inductor.config.freezing = True          # weights in the layout that the convolutions want
        mode = 'max-autotune' if o.max_autotune else 'reduce-overhead' if o.graphs else None
        generator = torch.compile(generator, dynamic=False, mode=mode)

    def call():
        # freezing asks for no_grad; eager users choose inference_mode
        with (torch.no_grad() if o.kind == 'compile' else torch.inference_mode()), \
                torch.autocast(o.device, torch.bfloat16, enabled=o.autocast and o.precision == 'bf16'):
            return generator(x)
    work = Work(o, call, 'PyTorch ' + torch.__version__)
    work.first = lambda: {k: v.float().cpu().numpy() for k, v in zip(('image', 'logits'), call())}
    return work
