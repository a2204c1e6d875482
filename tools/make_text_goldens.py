#!/usr/bin/env python3
"""Writes the goldens of tests/text: what Hugging Face's `tokenizers` and `transformers` make of small inputs.

  tools/make_text_goldens.py tests/golden/text

Made with tokenizers 0.23.3, transformers 5.23.0, jinja2 3.1.6, Python 3.11; other versions are refused. Seed 20241113.
All texts and templates are written here. Tokenizers of about 1000 tokens are trained on the corpus written here.
"""
import datetime, json, random, sys
from pathlib import Path

import jinja2, tokenizers, transformers
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers.utils import chat_template_utils

VERSIONS = {"tokenizers": "0.23.3", "transformers": "5.23.0", "jinja2": "3.1.6"}
SEED = 20241113
LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN2 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


# --- the corpus ---
def corpus(rng):
    """Sentences from a small grammar, with numbers, dates, code, and words of several scripts."""
    people = ["Ada Lindqvist", "Bruno Okafor", "Chiara Němcová", "Dmitri Orlov", "Élodie Faure", "Farid Haddad", "山田 花子"]
    things = ["the harbour", "a new bridge", "the city's library", "an old mill", "the tram line", "a solar park", "das Rathaus"]
    verbs = ["opened", "has repaired", "will visit", "couldn't find", "they'll rebuild", "closed", "isn't selling", "WE'RE BUYING"]
    tails = ["after the storm", "in spring", "for the third time", "without a permit", "as announced", "hundreds of times", "über Nacht"]
    scripts = ["Привет, мир! Как дела?", "日本語の文章です。東京は晴れ。", "नमस्ते दुनिया, यह एक वाक्य है।", "مرحبا بالعالم",
               "Ünïcödé naïve café résumé", "한국어 문장입니다.", "Ελληνικά γράμματα", "👍🏽 🎉 — “quotes” … €5"]
    lines = []
    for i in range(1200):
        pick = rng.random()
        if pick < 0.75:
            lines.append(f"{rng.choice(people)} {rng.choice(verbs)} {rng.choice(things)} {rng.choice(tails)}"
                         f"{rng.choice(['.', '!', ', ' + str(rng.randint(1, 99999)) + '.'])}")
        elif pick < 0.85:
            lines.append(f"{rng.randint(1, 28)}/{rng.randint(1, 12)}/{rng.randint(1990, 2026)}: {rng.random() * 1000:.2f} km, "
                         f"{rng.randint(0, 100)}%")
        elif pick < 0.93:
            lines.append("    for (int i = 0; i < n; ++i) {\n\t\tsum += x[i];\n    }")
        else:
            lines.append(rng.choice(scripts))
        if rng.random() < 0.1:
            lines.append("")
    return lines


# --- tokenizers ---
def trained(lines, normalizer, pattern, specials, vocab_size, min_frequency=2):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(pattern), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=vocab_size, min_frequency=min_frequency, special_tokens=specials,
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator(lines, trainer)
    return tokenizer


def llama_like(lines):
    """Special tokens behind the vocabulary, ignore_merges, <|begin_of_text|> added: as Llama 3."""
    tokenizer = trained(lines, None, LLAMA3, [], 1000)
    tokenizer.add_special_tokens(["<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"])
    tokenizer.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=True),
        processors.TemplateProcessing("<|begin_of_text|> $A", "<|begin_of_text|> $A <|begin_of_text|>:1 $B:1",
                                      [("<|begin_of_text|>", tokenizer.token_to_id("<|begin_of_text|>"))])])
    file = json.loads(tokenizer.to_str())
    file["model"]["ignore_merges"] = True
    # A token that its merges do not make: only ignore_merges gives it.
    file["model"]["merges"] = [m for m in file["model"]["merges"] if "".join(m) != "Ġthe"]
    return file


def qwen_like(lines):
    """NFC, one digit at a time, merges in the older form, no special token added: as Qwen 2."""
    tokenizer = trained(lines, normalizers.NFC(), QWEN2, [], 900)
    tokenizer.add_special_tokens(["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    file = json.loads(tokenizer.to_str())
    file["model"]["merges"] = [" ".join(m) for m in file["model"]["merges"]]
    return file


def gpt2_like(lines):
    """ByteLevel's own pattern, a space before the text, special token first, and added tokens with every flag."""
    tokenizer = trained(lines, None, LLAMA3, ["<|endoftext|>"], 700)
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True, use_regex=True)
    tokenizer.add_tokens([AddedToken("[left]", lstrip=True, normalized=False), AddedToken("[right]", rstrip=True, normalized=False),
                          AddedToken("[both]", lstrip=True, rstrip=True), AddedToken("word", single_word=True, normalized=False),
                          AddedToken("<tool>", normalized=True), AddedToken("<tool>x", normalized=True), AddedToken("  ", normalized=False)])
    file = json.loads(tokenizer.to_str())
    file["model"]["continuing_subword_prefix"] = ""
    file["model"]["end_of_word_suffix"] = ""
    return file


def nfc_added(lines):
    """NFC together with an added token that is looked for behind it; digits apart; pieces merged and removed."""
    tokenizer = trained(lines, normalizers.Sequence([normalizers.NFC()]), LLAMA3, ["<s>", "</s>"], 600)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.Split("-", "merged_with_previous"),
        pre_tokenizers.Split(Regex(r"\s+"), "merged_with_next"), pre_tokenizers.Split("#", "removed"),
        pre_tokenizers.Split(Regex("[!?]"), "contiguous"), pre_tokenizers.Split(Regex(r"\w+|[^\w]+"), "removed", invert=True),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.add_tokens([AddedToken("Caf\u00e9", normalized=True), AddedToken("nai\u0308ve", normalized=True)])
    tokenizer.post_processor = processors.TemplateProcessing("<s> $A </s>", None, [("<s>", 0), ("</s>", 1)])
    return json.loads(tokenizer.to_str())


def texts(rng, tokens):
    """Texts as bytes: ordinary ones, odd ones, ill-formed ones, special tokens in odd places."""
    made = ["", " ", "\n", "Hello world", " Hello  world ", "the the", "THE the's THEY'LL I'M", "a\r\n\r\nb\n \n c", "\t\ttabs  and   spaces   ",
            "12345678 3.14 ٣٤٥ ½ ²", "Cafe\u0301 nai\u0308ve \u212b \u1100\u1161\u11a8", "e\u0327\u0301 e\u0301\u0327", "日本語の文章です。東京",
            "नमस्ते दुनिया कि", "مرحبا", "👍🏽 👩‍👩‍👧 🎉", "a" * 300, "ab" * 120, " " * 100 + "x", "\u0301" * 40, "'ſ 'S 's's", "\x00\x01\x7f\u0085\u180e\u2028\u200b",
            "int main() {\n\treturn 0;\n}\n", "a-b--c #d##e!! f?!", "word words sword word, (word) word_", "  [left]  [right]  [both]  x [both]",
            "<tool>x<tool>", "Café CAFÉ Cafe\u0301s", "\ufeffBOM", "x" + "\u00a0" * 3 + "y"]
    for _ in range(60):
        parts = ["the harbour", " ", "  ", "\n", "é", "e\u0301", "1", "23", "'s", "日本", "👍", "-", "!", "#", "word", "<tool>", "[left]", "[right]"] + tokens
        made.append("".join(rng.choice(parts) for _ in range(rng.randint(1, 20))))
    data = [t.encode() for t in made]
    data += [b"\xff", b"a\xc3", b"\xe2\x82", b"\xe2\x82x", b"\xf0\x9f\x98", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf4\x90\x80\x80", b"ok\x80\x80ok", b"\xe2\x28\xa1"]
    for _ in range(20):
        data.append(bytes(rng.choice([rng.randrange(256), 32, 97, 0xE2, 0x82, 0xAC, 0xF0, 0x9F]) for _ in range(rng.randint(1, 30))))
    return data


def tokenizer_golden(folder, name, file, rng):
    text = json.dumps(file, ensure_ascii=False)
    (folder / f"{name}.tokenizer.json").write_text(text + "\n")
    tokenizer = Tokenizer.from_str(text)
    tokens = [t.content for t in tokenizer.get_added_tokens_decoder().values()]
    cases = []
    for data in texts(rng, tokens):
        case = {"bytes": data.hex()}
        for key, add, parse in (("ids", True, True), ("plain", False, False)):
            tokenizer.encode_special_tokens = not parse
            case[key] = tokenizer.encode(data.decode("utf-8", "replace"), add_special_tokens=add).ids
        case["decoded"] = tokenizer.decode(case["ids"], skip_special_tokens=False)
        case["skipped"] = tokenizer.decode(case["ids"], skip_special_tokens=True)
        cases.append(case)
    size = tokenizer.get_vocab_size()
    for _ in range(20):  # any ids in any order
        ids = [rng.randrange(size) for _ in range(rng.randint(1, 12))]
        cases.append({"random_ids": ids, "decoded": tokenizer.decode(ids, skip_special_tokens=False)})
    write(folder / f"{name}.cases.json", {"made_with": VERSIONS, "seed": SEED, "vocab_size": size, "cases": cases})


# --- chat templates ---
NOW = datetime.datetime(2024, 7, 26, 12, 34, 56)


class FixedDatetime(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return NOW


def render(template, messages, **variables):
    return chat_template_utils.render_jinja_template([messages], chat_template=template, **variables)[0][0]


def template_golden(folder):
    chat_template_utils.datetime = FixedDatetime
    source = json.loads((Path(__file__).parent / "text_template_cases.json").read_text())
    cases = []
    for case in source["cases"]:
        messages = source["chats"][case.get("chat", "short")]
        made = {"template": case["template"], "messages": messages}
        variables = {}
        for name in ("tools", "documents", "variables", "add_generation_prompt", "bos_token", "eos_token"):
            if name in case:
                made[name] = case[name]
                variables.update(case[name] if name == "variables" else {name: case[name]})
        try:
            made["rendered"] = render(case["template"], messages, **variables)
        except Exception as error:
            made["error"] = f"{type(error).__name__}: {error}"
        cases.append(made)
    write(folder / "templates.json", {"made_with": VERSIONS, "now": NOW.isoformat(), "cases": cases})


def write(path, value):
    rows = ",\n".join("  " + json.dumps(c, ensure_ascii=False) for c in value.pop("cases"))
    head = json.dumps(value, ensure_ascii=False)[1:-1]
    path.write_text("{" + head + ', "cases": [\n' + rows + "\n]}\n")


def main():
    found = {"tokenizers": tokenizers.__version__, "transformers": transformers.__version__, "jinja2": jinja2.__version__}
    if found != VERSIONS:
        sys.exit(f"these goldens are made with {VERSIONS}, found {found}")
    folder = Path(sys.argv[1])
    rng = random.Random(SEED)
    lines = corpus(rng)
    (folder / "corpus.json").write_text(json.dumps(lines, ensure_ascii=False, indent=0) + "\n")
    for name, make in (("llama", llama_like), ("qwen", qwen_like), ("gpt2", gpt2_like), ("nfc", nfc_added)):
        tokenizer_golden(folder, name, make(lines), rng)
    for name, normalizer, pattern, specials, size, least in (
            ("trained_llama", None, LLAMA3, ["<|begin_of_text|>", "<|eot_id|>"], 800, 2),
            ("trained_qwen", normalizers.NFC(), QWEN2, ["<|endoftext|>"], 2000, 3)):
        model = json.loads(trained(lines, normalizer, pattern, specials, size, least).to_str())["model"]
        (folder / f"{name}.json").write_text(json.dumps({"made_with": VERSIONS, "vocab": model["vocab"], "merges": model["merges"]},
                                                        ensure_ascii=False) + "\n")
    template_golden(folder)


if __name__ == "__main__":
    main()
