#!/usr/bin/env python3
"""Writes the goldens of tests/text/tokenizer_pipeline_test.cpp: ids, offsets and texts as `tokenizers` gives them.

  tools/make_tokenizer_goldens.py tests/golden/text/tokenizers

Made with tokenizers 0.23.3; other versions are refused. All tokenizers are trained here on texts made here: the families next
to Llama, Qwen and GPT-2 (those are in make_text_goldens.py), and random compositions of every component.
"""
import json, random, sys
from pathlib import Path

import tokenizers
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

import tokenizer_cases as cases
from check_text import places

VERSION = "0.23.3"
RANDOM_SEEDS = [3, 8, 14, 21, 33, 40, 56, 62, 96]
DEEPSEEK = [r"\p{N}{1,3}", r"[一-龥぀-ゟ゠-ヿ]+",
            r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"]


def trained(rng, tokenizer, specials, alphabet=(), **options):
    trainer = trainers.BpeTrainer(vocab_size=400, min_frequency=1, special_tokens=specials, show_progress=False,
                                  initial_alphabet=list(alphabet), **options)
    tokenizer.train_from_iterator([cases.random_text(rng) for _ in range(80)], trainer)
    return json.loads(tokenizer.to_str())


def byte_level(rng, steps, decoder=None):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(steps)
    tokenizer.decoder = decoder or decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    return trained(rng, tokenizer, ["<|endoftext|>"], pre_tokenizers.ByteLevel.alphabet())


def sentencepiece(rng, metaspace):
    """As Llama 2: characters with byte fallback instead of bytes, spaces as U+2581."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    if metaspace:
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace("▁", "first", False)
    else:
        tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    file = trained(rng, tokenizer, ["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)], limit_alphabet=60, max_token_length=8)
    file["added_tokens"] = [t for t in file["added_tokens"] if not t["content"].startswith("<0x")]
    file["model"]["byte_fallback"] = file["model"]["fuse_unk"] = True
    file["post_processor"] = json.loads(Tokenizer(models.BPE()).to_str())["post_processor"]
    return file


def affixed(rng):
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", continuing_subword_prefix="##", end_of_word_suffix="</w>"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase(), normalizers.StripAccents()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Whitespace(), pre_tokenizers.Punctuation()])
    return trained(rng, tokenizer, ["<unk>"], continuing_subword_prefix="##", end_of_word_suffix="</w>")


def families(rng):
    P = pre_tokenizers
    yield "smollm", byte_level(rng, [P.Digits(True), P.ByteLevel(add_prefix_space=False, use_regex=True)])
    yield "digits", byte_level(rng, [P.Digits(False), P.ByteLevel(add_prefix_space=False, use_regex=True)])
    yield "o200k", byte_level(rng, [P.Split(Regex(cases.O200K), "isolated"), P.ByteLevel(add_prefix_space=False, use_regex=False)])
    yield "deepseek", byte_level(rng, [P.Split(Regex(r), "isolated") for r in DEEPSEEK] + [P.ByteLevel(add_prefix_space=False, use_regex=False)])
    yield "sentencepiece", sentencepiece(rng, False)
    yield "metaspace", sentencepiece(rng, True)
    yield "affixed", affixed(rng)
    for seed in RANDOM_SEEDS:
        yield f"random{seed}", json.loads(cases.random_tokenizer(random.Random(seed)))


def golden(name, file, folder, rng):
    text = json.dumps(file, ensure_ascii=False, separators=(",", ":"))
    tokenizer = Tokenizer.from_str(text)
    tokens = [t.content for t in tokenizer.get_added_tokens_decoder().values()][:8]
    rows = []
    for data in cases.odd_texts(rng, tokens, 12):
        data = data[:120]
        _, starts = places(data)
        row = {"bytes": data.hex()}
        try:
            for key, add, parse in (("ids", True, True), ("plain", False, False)):
                tokenizer.encode_special_tokens = not parse
                encoding = tokenizer.encode(data.decode("utf-8", "replace"), add_special_tokens=add)
                row[key] = encoding.ids
                row[key + "_spans"] = [x for b, e in encoding.offsets for x in (starts[b], starts[e])]
            row["decoded"] = tokenizer.decode(row["ids"], skip_special_tokens=False)
            row["skipped"] = tokenizer.decode(row["ids"], skip_special_tokens=True)
        except BaseException as error:
            if "Panic" not in type(error).__name__:
                raise
            continue  # the reference has no answer
        rows.append(row)
    for _ in range(8):
        ids = [rng.randrange(tokenizer.get_vocab_size()) for _ in range(rng.randint(1, 8))]
        rows.append({"random_ids": ids, "decoded": tokenizer.decode(ids, skip_special_tokens=False)})
    (folder / f"{name}.tokenizer.json").write_text(text + "\n")
    body = ",\n".join("  " + json.dumps(r, ensure_ascii=False, separators=(",", ":")) for r in rows)
    (folder / f"{name}.cases.json").write_text(f'{{"made_with": "tokenizers {VERSION}", "cases": [\n{body}\n]}}\n')
    return len(rows)


def main():
    if tokenizers.__version__ != VERSION:
        sys.exit(f"these goldens are made with tokenizers {VERSION}, found {tokenizers.__version__}")
    folder, rng = Path(sys.argv[1]), random.Random(20261124)
    folder.mkdir(parents=True, exist_ok=True)
    for name, file in families(rng):
        print(name, golden(name, file, folder, rng), "cases")


if __name__ == "__main__":
    main()
