"""Small GGUF files, written with the library that defines the format."""

from pathlib import Path

END, PAD = "<|end|>", "<|pad|>"
TEMPLATE = "{% for message in messages %}<|{{ message.role }}|>{{ message.content }}<|end|>{% endfor %}"
SIZES = {
    "vocab_size": 320,
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
}
LAYER = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
}


def make_llama():
    """A random Llama of a few layers, its embeddings tied, as in the small models of that family."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    return LlamaForCausalLM(LlamaConfig(**SIZES, initializer_range=0.1, tie_word_embeddings=True)).eval()


def write_gguf(model, path: Path, packed: str = "F32") -> Path:
    """Write a Llama as llama.cpp does: its matrices in the type `packed`, its norms in float32."""
    import gguf
    from tokenizers import pre_tokenizers

    config = model.config
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("tiny")
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_rope_dimension_count(config.head_dim)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(config.vocab_size)
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = [END, PAD, "<|user|>", "<|assistant|>", "ab"]
    spare = [f"<|spare{number}|>" for number in range(config.vocab_size - len(alphabet) - len(words))]
    normal, control = gguf.TokenType.NORMAL, gguf.TokenType.CONTROL
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list([*alphabet, "ab", *words[:-1], *spare])
    writer.add_token_types([*[normal] * 257, *[control] * (config.vocab_size - 257)])
    writer.add_token_merges(["a b"])
    writer.add_eos_token_id(257)
    writer.add_pad_token_id(257)
    writer.add_chat_template(TEMPLATE)
    kind = gguf.GGMLQuantizationType[packed]
    for name, tensor in model.state_dict().items():
        place = _place(name)
        if place is None:
            continue
        values = _as_llama_cpp(name, tensor.numpy(), config)
        if values.ndim == 2:
            writer.add_tensor(place, gguf.quants.quantize(values, kind), raw_dtype=kind)
        else:
            writer.add_tensor(place, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _place(name: str) -> str | None:
    """Name a tensor as GGUF does; None for the head, which is the embeddings."""
    fixed = {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight"}
    if not name.startswith("model.layers."):
        return fixed.get(name)
    _, _, number, rest = name.split(".", 3)
    return f"blk.{number}.{LAYER[rest.removesuffix('.weight')]}.weight"


def _as_llama_cpp(name: str, values, config):
    """Pair the rows of query and key as llama.cpp's rotary embedding does."""
    heads = {"q_proj": config.num_attention_heads, "k_proj": config.num_key_value_heads}
    count = next((number for part, number in heads.items() if part in name), None)
    if count is None:
        return values
    rows, columns = values.shape
    return values.reshape(count, 2, rows // count // 2, columns).swapaxes(1, 2).reshape(rows, columns)
