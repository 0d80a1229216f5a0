"""Models whose layers are not alike: recurrent ones among them, windows, one key for all heads."""

from collections.abc import Iterator
from dataclasses import replace

from tests.anatomies import Anatomy, Part, Shapes, attention, dense, ends, feed_forward


def _numbers(shapes: Shapes, **more: float) -> dict[str, float]:
    alike = dense("x", replace(shapes, layers=0, swa=0, experts=None))
    return {**alike.numbers, "block_count": shapes.layers, **more}


def _named(number: int, parts: Iterator[Part] | list[Part]) -> Iterator[Part]:
    for name, kind, shape in parts:
        yield f"blk.{number}.{name}", kind, shape


def qwen35(shapes: Shapes, inner: int = 4096, state: int = 128, groups: int = 16) -> Anatomy:
    """Three recurrent layers, then one of attention, whose queries carry a gate."""
    kind, rank = shapes.type, inner // state
    taps = state * groups * 2 + inner
    recurrent: list[Part] = [
        ("attn_qkv.weight", kind, (shapes.width, taps)),
        ("attn_gate.weight", kind, (shapes.width, inner)),
        ("ssm_conv1d.weight", "F32", (4, taps)),
        ("ssm_dt.bias", "F32", (rank,)),
        ("ssm_a", "F32", (rank,)),
        ("ssm_beta.weight", kind, (shapes.width, rank)),
        ("ssm_alpha.weight", kind, (shapes.width, rank)),
        ("ssm_norm.weight", "F32", (state,)),
        ("ssm_out.weight", kind, (inner, shapes.width)),
    ]
    gated = [
        (name, kind, (shape[0], 2 * shape[1]) if name == "attn_q.weight" else shape)
        for name, kind, shape in attention(shapes)
    ]
    parts = [*ends(shapes)]
    for number in range(shapes.layers):
        mixing = gated if (number + 1) % 4 == 0 else recurrent
        norms: list[Part] = [
            ("attn_norm.weight", "F32", (shapes.width,)),
            ("post_attention_norm.weight", "F32", (shapes.width,)),
        ]
        after = [part for part in feed_forward(shapes) if part[0] != "ffn_norm.weight"]
        parts += _named(number, [*norms, *mixing, *after])
    ssm = {"conv_kernel": 4, "inner_size": inner, "state_size": state, "group_count": groups}
    told = {f"ssm.{name}": value for name, value in (ssm | {"time_step_rank": rank}).items()}
    numbers = _numbers(shapes, **told, full_attention_interval=4)
    quarter = shapes.head // 8
    sections = [quarter, quarter, quarter - 1, 0]
    return Anatomy("qwen35", numbers, parts, {"rope.dimension_sections": sections})


def deepseek2(shapes: Shapes, latent: int = 512, rope: int = 64, value: int = 128) -> Anatomy:
    """Attention that keeps one latent key a token, of which the value is a part."""
    assert shapes.experts is not None
    count, used, inner = shapes.experts
    kind, width, heads = shapes.type, shapes.width, shapes.heads
    parts = [*ends(shapes)]
    for number in range(shapes.layers):
        mixing: list[Part] = [
            ("attn_norm.weight", "F32", (width,)),
            ("attn_q.weight", kind, (width, heads * shapes.head)),
            ("attn_kv_a_mqa.weight", kind, (width, latent + rope)),
            ("attn_kv_a_norm.weight", "F32", (latent,)),
            ("attn_k_b.weight", kind, (shapes.head - rope, latent, heads)),
            ("attn_v_b.weight", kind, (latent, value, heads)),
            ("attn_output.weight", kind, (heads * value, width)),
        ]
        plain = replace(shapes, experts=None)
        shared: list[Part] = [
            ("ffn_gate_shexp.weight", kind, (width, 2 * inner)),
            ("ffn_up_shexp.weight", kind, (width, 2 * inner)),
            ("ffn_down_shexp.weight", kind, (2 * inner, width)),
        ]
        after = [*feed_forward(plain)] if not number else [*feed_forward(shapes), *shared]
        parts += _named(number, [*mixing, *after])
    numbers = _numbers(shapes) | {
        "attention.head_count_kv": 1,
        "attention.key_length": latent + rope,
        "attention.value_length": latent,
        "attention.key_length_mla": shapes.head,
        "attention.value_length_mla": value,
        "attention.kv_lora_rank": latent,
        "rope.dimension_count": rope,
        "expert_count": count,
        "expert_used_count": used,
        "expert_shared_count": 2,
        "expert_feed_forward_length": inner,
        "expert_gating_func": 1,
        "expert_weights_scale": 1.5,
        "leading_dense_block_count": 1,
    }
    return Anatomy("deepseek2", numbers, parts)


def lfm2(shapes: Shapes, attending: tuple[int, ...]) -> Anatomy:
    """Short convolutions, and attention in some layers."""
    kind, width = shapes.type, shapes.width
    convolution: list[Part] = [
        ("shortconv.conv.weight", "F32", (3, width)),
        ("shortconv.in_proj.weight", kind, (width, 3 * width)),
        ("shortconv.out_proj.weight", kind, (width, width)),
    ]
    first = next(ends(shapes))
    parts: list[Part] = [first, ("token_embd_norm.weight", "F32", (width,))]
    for number in range(shapes.layers):
        mixing = [*attention(shapes)] if number in attending else convolution
        norm: Part = ("attn_norm.weight", "F32", (width,))
        parts += _named(number, [norm, *mixing, *feed_forward(shapes)])
    numbers = _numbers(shapes, **{"shortconv.l_cache": 3})
    of_heads = ("attention.head_count_kv", "attention.key_length", "attention.value_length")
    numbers = {name: value for name, value in numbers.items() if name not in of_heads}
    heads = [shapes.kv_heads if n in attending else 0 for n in range(shapes.layers)]
    return Anatomy("lfm2", numbers, parts, {"attention.head_count_kv": heads})


def gemma4(shapes: Shapes, head_of_window: int, shared: int, beside: int) -> Anatomy:
    """Five layers with a window and small heads, then one with large ones and without; the last
    `shared` use the keys of others. Each layer has an input of its own, `beside` wide.
    """
    kind, width = shapes.type, shapes.width
    windowed = [(number + 1) % 6 != 0 for number in range(shapes.layers)]
    parts: list[Part] = [
        *ends(shapes),
        ("per_layer_token_embd.weight", kind, (beside * shapes.layers, shapes.words)),
        ("per_layer_model_proj.weight", "F32", (width, beside * shapes.layers)),
        ("per_layer_proj_norm.weight", "F32", (beside,)),
        ("rope_freqs.weight", "F32", (shapes.head // 2,)),
    ]
    posts = ("post_attention_norm", "post_ffw_norm", "post_norm")
    for number, has_window in enumerate(windowed):
        head = head_of_window if has_window else shapes.head
        own = replace(shapes, head=head, has_norms=True)
        beside_it: list[Part] = [
            ("attn_norm.weight", "F32", (width,)),
            *((f"{name}.weight", "F32", (width,)) for name in posts),
            ("inp_gate.weight", kind, (width, beside)),
            ("proj.weight", kind, (beside, width)),
        ]
        parts += _named(number, [*attention(own), *feed_forward(own), *beside_it])
    numbers = _numbers(
        shapes,
        **{
            "attention.key_length_swa": head_of_window,
            "attention.value_length_swa": head_of_window,
            "attention.sliding_window": shapes.swa,
            "attention.shared_kv_layers": shared,
            "embedding_length_per_layer_input": beside,
            "rope.dimension_count_swa": head_of_window,
            "rope.freq_base_swa": 10000.5,
        },
    )
    pattern = [int(one) for one in windowed]
    return Anatomy("gemma4", numbers, parts, {"attention.sliding_window_pattern": pattern})


QWEN35_4B = qwen35(Shapes(32, 2560, 16, 4, 256, 9216, 248320, 262144, has_norms=True))
DEEPSEEK_LITE = deepseek2(
    Shapes(*(27, 2048, 16, 1, 192, 10944, 102400, 163840), experts=(64, 6, 1408), is_tied=False)
)
LFM2_1B = lfm2(
    Shapes(16, 2048, 32, 8, 64, 8192, 65536, 128000, has_norms=True), (2, 5, 8, 10, 12, 14)
)
GEMMA4_E4B = gemma4(Shapes(42, 2560, 8, 2, 512, 10240, 262144, 131072, swa=512), 256, 18, 256)
MINILM = Anatomy(
    "bert",
    {
        "block_count": 6,
        "context_length": 512,
        "embedding_length": 384,
        "feed_forward_length": 1536,
        "attention.head_count": 12,
        "pooling_type": 1,
    },
    (),
    capabilities=("embedding",),
    size_bytes=45_949_364,
)
