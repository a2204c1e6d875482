"""Texts and tokenizers that are hard to get right: what tools/check_text.py and tools/make_text_goldens.py share."""
import json, random

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
O200K = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
         r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
         r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")

PIECES = [" ", "  ", "\n", "\r\n", "\t", "\u00a0", "\u2028", "\u3000", "\u180e", "\x85", "\x00", "\x0b", "\x1c", "'s", "'LL", "'ſ", "'d", "'re",
          "the", "Hello", " world", "a", "B", "é", "e\u0301", "ß", "ﬁ", "İ", "ǅ", "日本", "ा", "कि", "👍🏽", "1", "22", "٣", "½", "²", "_", "-",
          "...", "\u200d", "\u0301" * 5, "\u0345\u0301\u0327", "가", "\u1100\u1161\u11a8", "각", "Å", "\u212b", "\ufeff", "<|", "|>", "<", "▁",
          "ｶﾞ", "㍿", "①", "Ⅷ", "\U00011de1", "\U0001e5d0", "\U00010d4f", "ﷺ", "q\u0307\u0323", "\u0f71\u0f72", "𝒜", "Ω", "Ω", "<0x41>", "!?", "#"]


def every_code_point():
    """Every code point alone, and between letters, digits and spaces, in texts of 512."""
    for start in range(0, 0x110000, 512):
        codes = [c for c in range(start, min(start + 512, 0x110000)) if not 0xD800 <= c < 0xE000]
        if codes:
            yield "".join(map(chr, codes)).encode()
            yield "".join("a" + chr(c) + "1 " + chr(c) + "b'" + chr(c) + " \n" + chr(c) + "  " for c in codes).encode()


def odd_texts(rng, tokens, count):
    """Pieces that matter, in random order; ill-formed bytes; runs of one character."""
    pieces = PIECES + tokens * 3 + [t[:-1] for t in tokens if t[:-1]] + [t + t for t in tokens] + [" " + t + " " for t in tokens]
    made = [b"", b" ", b"\n", b"a", b"\xff"]
    for _ in range(count):
        made.append("".join(rng.choice(pieces) for _ in range(rng.randint(1, 40))).encode())
    for _ in range(count):
        made.append(bytes(rng.choice([rng.randrange(256), rng.randrange(128), 0xE2, 0x82, 0xF0, 0x9F, 0xED, 0xA0, 32])
                          for _ in range(rng.randint(0, 40))))
    for piece in ("a", " ", "\n", "ab", "\u0301", "1", "日", "!", " \n", "a ", "\u0327\u0301"):
        made.append((piece * rng.randint(1, 300)).encode())
    return made


def adversarial_texts(tokens):
    """Megabytes that invite quadratic time, in the splitter, the normaliser, the merges or the search for added tokens."""
    rng = random.Random(7)
    letters = "".join(rng.choice("etaoinshrdlu") for _ in range(10_000_000))
    yield "10 MB without a space", letters.encode()
    yield "10 MB of one letter", b"a" * 10_000_000
    yield "10 MB of spaces", b" " * 10_000_000
    yield "10 MB of line breaks", b"\n" * 10_000_000
    yield "10 MB of digits", b"1234567890" * 1_000_000
    yield "10 MB of one sign", b"!" * 10_000_000
    yield "spaces and a letter", b" " * 5_000_000 + b"a" + b" " * 5_000_000
    yield "1 M combining marks", ("a" + "".join(rng.choice("\u0301\u0327\u0323\u0345\u05b0") for _ in range(1_000_000))).encode()
    yield "1 M composing pairs", ("e\u0301" * 1_000_000).encode()
    yield "1 M jamo", ("\u1100\u1161\u11a8" * 333_333).encode()
    yield "10 MB of NULs", b"\0" * 10_000_000
    yield "10 MB of Chinese", "".join(chr(rng.randrange(0x4E00, 0x9FA5)) for _ in range(3_333_333)).encode()
    yield "10 MB of ill-formed bytes", rng.randbytes(10_000_000)
    for token in tokens[:2]:
        yield f"beginnings of {token}", (token[:-1] * (5_000_000 // len(token))).encode()
        yield f"many of {token}", (token * (2_000_000 // len(token))).encode()


# --- random tokenizers ---
def maybe(rng, *choices):
    return rng.choice((None,) + choices)


def random_text(rng):
    return "".join(rng.choice(PIECES + ["the ", "and ", "ing ", " in", "1984 "]) for _ in range(rng.randint(5, 60)))


def random_pattern(rng):
    return rng.choice([GPT2, LLAMA3, QWEN2, O200K, r"\s+", r"\w+|[^\w\s]+", r"[\p{Han}\p{Hiragana}\p{Katakana}]+", r"\p{N}{1,3}",
                       r"[!?]", r"\p{P}", r"[^\S\n]+", r"\d", r"(?:\r?\n)+", r"[A-Za-z]+(?=\s)", r"(?<=\p{Ll})\p{Lu}", "^a", r"\s$", "a*", "(?i:THE)"])


def random_normalizer(rng):
    step = lambda: rng.choice([
        normalizers.NFC, normalizers.NFD, normalizers.NFKC, normalizers.NFKD, normalizers.Lowercase, normalizers.StripAccents,
        lambda: normalizers.Strip(rng.random() < .5, rng.random() < .5),
        lambda: normalizers.Prepend(rng.choice(["▁", " ", "xy", "e", "\u0301"])),
        lambda: normalizers.Replace(rng.choice([" ", "a", "..", "\n", "e\u0301"]), rng.choice(["▁", "", "bb", "\u0301"])),
        lambda: normalizers.Replace(Regex(rng.choice([r"\s+", r"\p{M}", "a*", r"[^\x00-\x7f]", r" {2,}"])), rng.choice([" ", "", "X", "▁"])),
        lambda: normalizers.Replace(" ", "▁")])()
    kind = rng.random()
    if kind < .35:
        return None
    return step() if kind < .7 else normalizers.Sequence([step() for _ in range(rng.randint(1, 3))])


def random_pre_tokenizer(rng):
    behaviors = ["removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous"]
    step = lambda: rng.choice([
        lambda: pre_tokenizers.Split(Regex(random_pattern(rng)), rng.choice(behaviors + ["isolated"] * 4), rng.random() < .3),
        lambda: pre_tokenizers.Split(rng.choice([" ", "-", "a", "..", "\n"]), rng.choice(behaviors), rng.random() < .3),
        lambda: pre_tokenizers.Digits(rng.random() < .5), pre_tokenizers.Whitespace, pre_tokenizers.WhitespaceSplit,
        lambda: pre_tokenizers.Punctuation(rng.choice(behaviors)),
        lambda: pre_tokenizers.Metaspace(rng.choice("▁_"), rng.choice(["first", "always", "never"]), rng.random() < .7)])()
    byte_level = lambda: pre_tokenizers.ByteLevel(add_prefix_space=rng.random() < .3, use_regex=rng.random() < .6)
    kind = rng.random()
    if kind < .1:
        return None
    if kind < .2:
        return step()
    if kind < .3:
        return byte_level()
    if kind < .4:
        return pre_tokenizers.Sequence([step() for _ in range(rng.randint(1, 3))])
    if kind < .5:  # ByteLevel in the middle
        return pre_tokenizers.Sequence([step(), byte_level(), step()])
    return pre_tokenizers.Sequence([step() for _ in range(rng.randint(0, 2))] + [byte_level()])


def random_decoder(rng):
    step = lambda: rng.choice([
        decoders.ByteLevel, decoders.ByteFallback, decoders.Fuse, lambda: decoders.Replace("▁", " "), lambda: decoders.Strip(" ", 1, 0),
        lambda: decoders.Replace(Regex(r"[aeiou]+"), "*"), lambda: decoders.Strip("a", rng.randint(0, 2), 0),
        lambda: decoders.Metaspace("▁", rng.choice(["first", "always", "never"]))])()
    kind = rng.random()
    if kind < .1:
        return None
    if kind < .5:
        return decoders.ByteLevel()
    if kind < .65:
        return decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    return decoders.Sequence([step() for _ in range(rng.randint(1, 4))])


def random_tokenizer(rng):
    """The text of a tokenizer.json of random components."""
    byte_fallback, unk = rng.random() < .3, maybe(rng, "<unk>")
    tokenizer = Tokenizer(models.BPE(unk_token=unk))
    tokenizer.normalizer = random_normalizer(rng)
    tokenizer.pre_tokenizer = random_pre_tokenizer(rng)
    tokenizer.decoder = random_decoder(rng)
    specials = (["<unk>"] if unk else []) + ["<s>", "</s>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet() if rng.random() < .6 else []
    trainer = trainers.BpeTrainer(vocab_size=rng.randint(300, 700), min_frequency=1, special_tokens=specials, show_progress=False,
                                  initial_alphabet=alphabet, max_token_length=rng.choice([None, 6]))
    tokenizer.train_from_iterator([random_text(rng) for _ in range(60)], trainer)
    tokenizer.add_tokens([AddedToken(t, single_word=rng.random() < .3, lstrip=rng.random() < .3, rstrip=rng.random() < .3,
                                     normalized=rng.random() < .5, special=rng.random() < .4)
                          for t in rng.sample(["[left]", "word", "Café", "e\u0301", "<tool>", "<tool>x", "the", "ing", "▁x", "  ", "İ", "1"],
                                              rng.randint(0, 5))])
    bos, eos = tokenizer.token_to_id("<s>"), tokenizer.token_to_id("</s>")
    template = processors.TemplateProcessing(rng.choice(["<s> $A </s>", "$A </s>", "<s> $A", "<s> <s> $A"]), None,
                                             [("<s>", bos), ("</s>", eos)])
    byte_level = processors.ByteLevel(add_prefix_space=rng.random() < .5, trim_offsets=rng.random() < .6)
    tokenizer.post_processor = rng.choice([template, byte_level, processors.Sequence([template, byte_level]),
                                           processors.Sequence([byte_level, template]),
                                           processors.RobertaProcessing(("</s>", eos), ("<s>", bos), rng.random() < .5, rng.random() < .5),
                                           processors.BertProcessing(("</s>", eos), ("<s>", bos))])
    file = json.loads(tokenizer.to_str())
    model = file["model"]
    model["ignore_merges"], model["fuse_unk"], model["byte_fallback"] = rng.random() < .3, rng.random() < .5, byte_fallback
    if byte_fallback:
        for byte in range(256):
            token = f"<0x{byte:02X}>"
            if token not in model["vocab"] and rng.random() < .97:
                model["vocab"][token] = len(model["vocab"]) + 10000
        # The ids stay without holes: added tokens are numbered behind the vocabulary.
        order = sorted(model["vocab"], key=model["vocab"].get)
        model["vocab"] = {t: i for i, t in enumerate(order)}
        free = len(order)
        for token in file["added_tokens"]:
            if token["content"] in model["vocab"]:
                token["id"] = model["vocab"][token["content"]]
            else:
                token["id"], free = free, free + 1
    if rng.random() < .3:  # tokens that no merge reaches, and bytes that the vocabulary does not have
        model["merges"] = [m for m in model["merges"] if rng.random() < .9]
    return json.dumps(file, ensure_ascii=False)
