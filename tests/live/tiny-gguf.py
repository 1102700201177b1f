#!/usr/bin/env python3
"""Write a tiny, randomly initialised llama-architecture GGUF (about half a megabyte).

The model knows nothing.  It exists so that a real inference server can be run
on any machine: every answer is noise, but the HTTP, SSE, tool-call and error
framing around it is the server's own.  Standard library only.

    tiny-gguf.py OUT.gguf [--think] [--seed N] [--ctx N] [--end X] [--call X]

--think  the chat template opens a <think> block, so answers carry reasoning.

Trick: dimension 0 of the residual stream is a constant that no layer touches,
so column 0 of output.weight acts as a bias per token.  That makes likely what
a test wants to be likely (printable ASCII, closing quotes, end of turn), and
outputs forced by a grammar end after a few tokens.
"""
import argparse, random, struct

ap = argparse.ArgumentParser()
ap.add_argument("out")
ap.add_argument("--think", action="store_true")
ap.add_argument("--seed", type=int, default=3)
ap.add_argument("--ctx", type=int, default=8192)
ap.add_argument("--end", type=float, default=5.0, help="how likely the turn ends (log scale)")
ap.add_argument("--call", type=float, default=5.0, help="how likely a tool call opens (log scale)")
a = ap.parse_args()
rnd = random.Random(a.seed)

# ---- vocabulary: 256 bytes, some longer pieces, special tokens -------------
def byte_chars():
    keep = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    m, n = {b: chr(b) for b in keep}, 0
    for b in range(256):
        if b not in m:
            m[b] = chr(256 + n); n += 1
    return m
B = byte_chars()
enc = lambda s: "".join(B[b] for b in s.encode())

NORMAL, CONTROL = 1, 3
tokens, types, bias = [], [], []
def add(text, typ, b):
    tokens.append(text); types.append(typ); bias.append(b)

for b in range(256):
    c = chr(b)
    if   c == '"':                 w = 4.0     # strings end soon
    elif c in '}]':                w = 1.0     # so do objects and arrays
    elif c.isalpha() and b < 128:  w = 0.5
    elif c.isdigit():              w = 0.5
    elif c in '.,:':               w = 0.5
    elif c == ' ':                 w = -1.0
    elif c == '\n':                w = -2.0
    elif 32 < b < 127:             w = -3.0
    else:                          w = -30.0   # control and non-ASCII bytes
    add(B[b], NORMAL, w)
for s in [" the", " file", " test", " code", " and", " is", " a", " hello", " world", " ok",
          "README", ".md", "main", ".c", "src/", "ls", "cat",
          "name", "arguments", "path", "command", "content", "read", "write", "edit", "_file"]:
    add(enc(s), NORMAL, 3.0)
add(enc('{"name": "'), NORMAL, 1.5)
for s in ["é", "日本", "🙂"]:              # whole multi-byte characters, rarer
    add(enc(s), NORMAL, 1.5)
EOT = len(tokens); add("<|endoftext|>", CONTROL, -30.0)
add("<|im_start|>", CONTROL, -30.0)
EOS = len(tokens); add("<|im_end|>", CONTROL, a.end)
add("<tool_call>", CONTROL, a.call)       # CONTROL: unseen in answers to requests without tools
add("</tool_call>", CONTROL, 1.5)         # against "," when several calls are allowed
add("<think>", CONTROL, -30.0)
add("</think>", CONTROL, 3.0 if a.think else -30.0)
V = len(tokens)

TEMPLATE = r"""{%- if tools %}
{{- '<|im_start|>system\n' }}
{%- if messages[0].role == 'system' %}{{- messages[0].content + '\n\n' }}{%- endif %}
{{- 'Tools:\n<tools>' }}
{%- for t in tools %}{{- '\n' + (t | tojson) }}{%- endfor %}
{{- '\n</tools>\nTo call one, answer\n<tool_call>{"name": NAME, "arguments": OBJECT}</tool_call><|im_end|>\n' }}
{%- elif messages[0].role == 'system' %}
{{- '<|im_start|>system\n' + messages[0].content + '<|im_end|>\n' }}
{%- endif %}
{%- for m in messages %}
{%- if m.role == 'user' or (m.role == 'system' and not loop.first) %}
{{- '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}
{%- elif m.role == 'assistant' %}
{{- '<|im_start|>assistant\n' }}
THINK_HISTORY
{%- if m.content %}{{- m.content }}{%- endif %}
{%- if m.tool_calls %}
{%- for c in m.tool_calls %}
{{- '\n<tool_call>{"name": "' + c.function.name + '", "arguments": ' }}
{%- if c.function.arguments is string %}{{- c.function.arguments }}{%- else %}{{- c.function.arguments | tojson }}{%- endif %}
{{- '}</tool_call>' }}
{%- endfor %}
{%- endif %}
{{- '<|im_end|>\n' }}
{%- elif m.role == 'tool' %}
{{- '<|im_start|>user\n<tool_response>\n' + m.content + '\n</tool_response><|im_end|>\n' }}
{%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\nTHINK_OPEN' }}{%- endif %}
"""
if a.think:
    TEMPLATE = (TEMPLATE
        .replace("THINK_HISTORY", r"{%- if m.reasoning_content %}{{- '<think>\n' + m.reasoning_content + '\n</think>\n\n' }}{%- endif %}")
        .replace("THINK_OPEN", r"<think>\n"))
else:
    TEMPLATE = TEMPLATE.replace("THINK_HISTORY\n", "").replace("THINK_OPEN", "")

# ---- tensors ----------------------------------------------------------------
D, FF, H, L = 64, 128, 4, 2
def mat(rows, cols, sd, zero_row0=False):
    m = [rnd.gauss(0, sd) for _ in range(rows * cols)]
    if zero_row0:
        m[:cols] = [0.0] * cols
    return m
tensors = []                       # (name, ggml dims, f32 data)
def T(name, dims, data): tensors.append((name, dims, data))

C = 8.0
emb = mat(V, D, 0.5)
for t in range(V): emb[t * D] = C
T("token_embd.weight", [D, V], emb)
for i in range(L):
    p = f"blk.{i}."
    T(p + "attn_norm.weight", [D], [1.0] * D)
    for n in "qkv":
        T(p + f"attn_{n}.weight", [D, D], mat(D, D, 0.15))
    T(p + "attn_output.weight", [D, D], mat(D, D, 0.1, True))
    T(p + "ffn_norm.weight", [D], [1.0] * D)
    T(p + "ffn_gate.weight", [D, FF], mat(FF, D, 0.1))
    T(p + "ffn_up.weight", [D, FF], mat(FF, D, 0.1))
    T(p + "ffn_down.weight", [FF, D], mat(D, FF, 0.05, True))
T("output_norm.weight", [D], [1.0] * D)
out = mat(V, D, 0.12)
for t in range(V): out[t * D] = bias[t] / 6.0
T("output.weight", [D, V], out)

# ---- the container ----------------------------------------------------------
U32, I32, F32, BOOL, STR, ARR = 4, 5, 6, 7, 8, 9
s_ = lambda s: struct.pack("<Q", len(s.encode())) + s.encode()
def val(t, v):
    if t == STR:  return s_(v)
    if t == BOOL: return struct.pack("<?", v)
    return struct.pack({U32: "<I", I32: "<i", F32: "<f"}[t], v)
def arr(t, vs):
    return struct.pack("<IQ", t, len(vs)) + b"".join(val(t, v) for v in vs)
kv = []
def K(k, t, v): kv.append(s_(k) + struct.pack("<I", t) + (v if t == ARR else val(t, v)))

K("general.architecture", STR, "llama")
K("general.name", STR, "assent-noise" + ("-think" if a.think else ""))
K("general.file_type", U32, 0)
K("general.alignment", U32, 32)
K("llama.vocab_size", U32, V)
K("llama.context_length", U32, a.ctx)
K("llama.embedding_length", U32, D)
K("llama.block_count", U32, L)
K("llama.feed_forward_length", U32, FF)
K("llama.attention.head_count", U32, H)
K("llama.attention.head_count_kv", U32, H)
K("llama.attention.layer_norm_rms_epsilon", F32, 1e-5)
K("llama.rope.dimension_count", U32, D // H)
K("llama.rope.freq_base", F32, 10000.0)
K("tokenizer.ggml.model", STR, "gpt2")
K("tokenizer.ggml.pre", STR, "gpt-2")
K("tokenizer.ggml.tokens", ARR, arr(STR, tokens))
K("tokenizer.ggml.token_type", ARR, arr(I32, types))
K("tokenizer.ggml.merges", ARR, arr(STR, [B[ord("h")] + " " + B[ord("e")]]))  # must not be absent; joins nothing
K("tokenizer.ggml.bos_token_id", U32, EOT)
K("tokenizer.ggml.eos_token_id", U32, EOS)
K("tokenizer.ggml.padding_token_id", U32, EOT)
K("tokenizer.ggml.add_bos_token", BOOL, False)
K("tokenizer.chat_template", STR, TEMPLATE)

ALIGN = 32
pad = lambda n: (ALIGN - n % ALIGN) % ALIGN
infos, off = b"", 0
for name, dims, data in tensors:
    infos += s_(name) + struct.pack("<I", len(dims)) + b"".join(struct.pack("<Q", d) for d in dims)
    infos += struct.pack("<IQ", 0, off)                       # 0 = F32
    off += len(data) * 4 + pad(len(data) * 4)
head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(kv)) + b"".join(kv) + infos
with open(a.out, "wb") as f:
    f.write(head + b"\0" * pad(len(head)))
    for _, _, data in tensors:
        f.write(struct.pack(f"<{len(data)}f", *data) + b"\0" * pad(len(data) * 4))
print(a.out, V, "tokens,", sum(len(d) for _, _, d in tensors), "parameters")
