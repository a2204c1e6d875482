#!/usr/bin/env python3
"""Makes tests/golden/eval/: small data sets in the public formats, and what lm-evaluation-harness itself makes of them.

Made with Python 3.11, lm-eval 0.4.13, torch 2.11.0, transformers 5.23.0, tokenizers 0.23.3, datasets 5.2.0:
    python tools/make_eval_goldens.py
  data/               items written here (seed 7), with the fields of the Hugging Face data sets
  requests.jsonl      every request of every run: {run, task, doc_id, requests: [{ctx_crc32, cont_crc32 | gen_kwargs}], filtered,
                      target, scores}; those of the first document of a task in full too (ctx, cont)
  results.json        metrics and standard errors of every run and group, by the pseudo-model of tools/lm_eval_check.cpp
  likelihoods.jsonl   log-likelihoods and generated texts of models/world-llama-instruct: transformers backend, float32, batch size 1

    python tools/make_eval_goldens.py --data DATA --out DIR
the same requests and results (crc32 in place of text) for tasks over the real files in DATA, for lm_eval_check.

    python tools/make_eval_goldens.py --data DATA --model MODEL --limit 200 --compare SAMPLES
compares every log-likelihood of `evergreen eval --model MODEL --data DATA --limit 200 --samples SAMPLES` with the harness' own over the same
items (transformers backend, float32): the tasks are those that SAMPLES has.
"""
import argparse
import json
import pathlib
import random
import zlib

import datasets
import lm_eval
from lm_eval.api.model import LM

ROOT = pathlib.Path(__file__).resolve().parent.parent
LETTERS = "ABCDE"

# (name of the run, tasks, shots, as a conversation, examples as turns, system prompt)
RUNS = [
    ("all|zero", ["arc_easy", "arc_challenge", "hellaswag", "winogrande", "piqa", "boolq", "openbookqa", "truthfulqa_mc1",
                  "truthfulqa_mc2", "wikitext", "mmlu", "gsm8k_cot", "gsm8k_cot_zeroshot", "arc_challenge_chat"], None, False, False, None),
    ("all|two", ["arc_easy", "hellaswag", "winogrande", "piqa", "boolq", "openbookqa", "mmlu", "gsm8k", "mmlu_pro",
                 "truthfulqa_mc1"], 2, False, False, None),
    ("all|five", ["arc_challenge", "mmlu", "mmlu_pro", "gsm8k"], 5, False, False, None),
    ("system|one", ["arc_easy", "mmlu", "gsm8k"], 1, False, False, "Answer briefly."),
    ("chat|two", ["arc_easy", "hellaswag", "winogrande", "mmlu", "gsm8k", "mmlu_pro", "arc_challenge_chat"], 2, True, False, None),
    ("turns|two", ["arc_easy", "winogrande", "mmlu", "gsm8k", "mmlu_pro", "arc_challenge_chat"], 2, True, True, "Answer briefly."),
]
GENERATED_TOKENS = 24  # the model's longest sequence is 256 tokens
MODEL_RUNS = ["all|zero", "system|one", "turns|two"]
MODEL_TASKS = ["arc_easy", "hellaswag", "winogrande", "boolq", "wikitext", "mmlu", "truthfulqa_mc2", "gsm8k_cot_zeroshot", "gsm8k"]


# --- data -------------------------------------------------------------------------------------------------------------

NOUNS = ["river", "lamp", "bridge", "garden", "clock", "harbour", "mountain", "letter", "kettle", "window", "na\u00efve painter", "r\u00e9sum\u00e9"]
VERBS = ["carries", "opens", "repairs", "watches", "sells", "moves"]


def sentence(rnd):
    return f"The {rnd.choice(NOUNS)} {rnd.choice(VERBS)} the {rnd.choice(NOUNS)}."


def phrase(rnd):
    return f"the {rnd.choice(NOUNS)}" + rnd.choice(["", " and the lamp", " of 1972", ", at last"])


def phrases(rnd, count):
    found = []
    while len(found) < count:
        one = phrase(rnd)
        if one not in found:
            found.append(one)
    return found


def arc(rnd, i):
    count = rnd.choice([3, 4, 4, 5])
    labels = list(LETTERS[:count]) if i % 3 else [str(j + 1) for j in range(count)]
    return dict(id=f"q{i}", question=f"{sentence(rnd)} Which one is number {i}?",
                choices=dict(text=phrases(rnd, count), label=labels), answerKey=rnd.choice(labels))


def arc_four(rnd, i):
    item = arc(rnd, 1)
    item["choices"] = dict(text=phrases(rnd, 4), label=list("ABCD"))
    item["answerKey"] = rnd.choice("ABCD")
    item["question"] = f"  {item['question']} Again {i}. "
    return item


def openbook(rnd, i):
    return dict(id=f"o{i}", question_stem=f"Number {i}: {sentence(rnd)} So we need", choices=dict(text=phrases(rnd, 4), label=list("ABCD")),
                answerKey=rnd.choice("ABCD"))


def hellaswag(rnd, i):
    ctx_b = rnd.choice(["he", "the Painter THEN", "", "she"])
    return dict(ind=i, activity_label=rnd.choice(["Opening [a] door", "Cooking"]), ctx_a=f"{sentence(rnd)} [header] How to [title] wait  now{i}.",
                ctx_b=ctx_b, ctx="", endings=[f"[step] {sentence(rnd)}  {j} [title] End." for j in range(4)], label=str(rnd.randrange(4)))


def winogrande(rnd, i):
    return dict(sentence=f"The {rnd.choice(NOUNS)} met the clock, so _ {rnd.choice(VERBS)} number {i}. ", option1="Ann", option2="Zo\u00eb",
                answer=str(rnd.choice([1, 2])))


def piqa(rnd, i):
    return dict(goal=f"To {rnd.choice(NOUNS)} number {i}", sol1=sentence(rnd), sol2=sentence(rnd) + " ", label=rnd.randrange(2))


def boolq(rnd, i):
    return dict(question=f"is {phrase(rnd)} number {i}", passage=f"{sentence(rnd)} {sentence(rnd)}", idx=i, label=rnd.randrange(2))


def mmlu(rnd, i, subject):
    return dict(question=f" {sentence(rnd)} What is {i} plus {i}?\n", subject=subject, choices=phrases(rnd, 4), answer=rnd.randrange(4))


def mmlu_pro(rnd, i, category):
    count = rnd.choice([4, 10])
    answer = rnd.randrange(count)
    return dict(question_id=i, question=sentence(rnd), options=[f" option {j} {phrase(rnd)} " for j in range(count)], answer="ABCDEFGHIJ"[answer],
                answer_index=answer, category=category,
                cot_content=f"A: Let's think step by step. {sentence(rnd)} The answer is ({'ABCDEFGHIJ'[answer]}).")


def gsm8k(rnd, i):
    a, b = rnd.randrange(2, 90), rnd.randrange(2, 900)
    return dict(question=f"Ann has {a} lamps and buys {b} more. How many has she?",
                answer=f"She has {a} + {b} = <<{a}+{b}={a + b}>>{a + b} lamps.\n#### {a + b:,}")


def truthful(rnd, i):
    first, second = phrases(rnd, 4), phrases(rnd, 5)
    return dict(question=f"What is {phrase(rnd)}, number {i}?", mc1_targets=dict(choices=first, labels=[1, 0, 0, 0]),
                mc2_targets=dict(choices=second, labels=[1, 1, 0, 0, 1]))


def wiki_page(rnd, i):
    return dict(page=f" = Page {i} = \n \n {sentence(rnd)[:-1]} @-@ like , \" quoted words \" ( in brackets ) , it 's 1 @,@ {i}00 . \n \n = = Part = = \n \n"
                     f" {sentence(rnd)[:-1]} ; 3 @.@ 5 \u00b0 of [ something ] : N men ' said ' so ! \n")


SUBJECTS = ["abstract_algebra", "anatomy", "high_school_us_history", "marketing"]
CATEGORIES = ["biology", "computer science"]


def synthetic():
    """{path of the harness' data set, name}: {split: records}, and {our file: records}."""
    rnd = random.Random(7)

    def some(make, count):
        return [make(rnd, i) for i in range(count)]

    sets = {
        ("allenai/ai2_arc", "ARC-Easy"): dict(train=some(arc, 9), test=some(arc, 6)),
        ("allenai/ai2_arc", "ARC-Challenge"): dict(train=some(arc_four, 24), test=some(arc_four, 5)),
        ("Rowan/hellaswag", None): dict(train=some(hellaswag, 7), validation=some(hellaswag, 5)),
        ("allenai/winogrande", "winogrande_xl"): dict(train=some(winogrande, 8), validation=some(winogrande, 5)),
        ("baber/piqa", None): dict(train=some(piqa, 30), validation=some(piqa, 4)),
        ("aps/super_glue", "boolq"): dict(train=some(boolq, 5), validation=some(boolq, 5)),
        ("allenai/openbookqa", "main"): dict(train=some(openbook, 6), test=some(openbook, 4)),
        ("openai/gsm8k", "main"): dict(train=some(gsm8k, 40), test=some(gsm8k, 5)),
        ("truthfulqa/truthful_qa", "multiple_choice"): dict(validation=some(truthful, 4)),
        ("EleutherAI/wikitext_document_level", "wikitext-2-raw-v1"): dict(test=some(wiki_page, 3)),
        ("TIGER-Lab/MMLU-Pro", None): dict(validation=[mmlu_pro(rnd, i, c) for c in CATEGORIES for i in range(6)],
                                           test=[mmlu_pro(rnd, 100 + i, c) for i in range(3) for c in CATEGORIES]),
    }
    # A duplicate of an item among its examples: the draw without it has to be repeated.
    for key in [("Rowan/hellaswag", None), ("allenai/winogrande", "winogrande_xl")]:
        sets[key]["train"][2] = sets[key]["train"][4] = sets[key]["validation"][0]
    for subject in SUBJECTS:
        sets["cais/mmlu", subject] = dict(dev=[mmlu(rnd, i, subject) for i in range(5)], test=[mmlu(rnd, i, subject) for i in range(3)])
    everything = {split: [x for s in SUBJECTS for x in sets["cais/mmlu", s][split]] for split in ("dev", "test")}
    files = {
        "arc/arc_easy": sets["allenai/ai2_arc", "ARC-Easy"], "arc/arc_challenge": sets["allenai/ai2_arc", "ARC-Challenge"],
        "hellaswag/hellaswag": sets["Rowan/hellaswag", None], "winogrande/winogrande": sets["allenai/winogrande", "winogrande_xl"],
        "piqa/piqa": sets["baber/piqa", None], "boolq/boolq": sets["aps/super_glue", "boolq"],
        "openbookqa/openbookqa": sets["allenai/openbookqa", "main"], "gsm8k/": sets["openai/gsm8k", "main"],
        "truthfulqa/": sets["truthfulqa/truthful_qa", "multiple_choice"],
        "wikitext/": sets["EleutherAI/wikitext_document_level", "wikitext-2-raw-v1"], "mmlu/mmlu": everything,
        "mmlu_pro/mmlu_pro": sets["TIGER-Lab/MMLU-Pro", None],
    }
    return sets, files


def file_name(stem, split):
    if stem.endswith("/"):
        return f"{stem}{split}.jsonl"
    short = {"validation": {"piqa/piqa": "valid", "mmlu_pro/mmlu_pro": "validation"}.get(stem, "val")}.get(split, split)
    return f"{stem}_{short}.jsonl"


def write_lines(path, records):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8") as out:
        for record in records:
            out.write(json.dumps(record, ensure_ascii=False) + "\n")


def real(data):
    """Tasks that the delivered goldens leave out, from the delivered files."""
    def lines(name):
        return [json.loads(line) for line in open(data / name, encoding="utf-8")]

    def lettered(item):
        return dict(choices=dict(text=item["choices"], label=list(LETTERS[:len(item["choices"])])), answerKey=LETTERS[item["answer"]])

    import subprocess
    boolq = [json.loads(x) for x in subprocess.run(["zstd", "-dc", data / "boolq/boolq_val.jsonl.zst"], capture_output=True, check=True).stdout.splitlines()]
    mmlu_test = [json.loads(x) for x in subprocess.run(["zstd", "-dc", data / "mmlu/mmlu_test.jsonl.zst"], capture_output=True, check=True).stdout.splitlines()]
    mmlu_dev = lines("mmlu/mmlu_dev.jsonl")
    winogrande = [dict(sentence=x["question"], option1=x["choices"][0], option2=x["choices"][1], answer=str(x["answer"] + 1))
                  for x in lines("winogrande/winogrande_val.jsonl")]
    mmlu_sets = {("cais/mmlu", subject): dict(dev=[x for x in mmlu_dev if x["subject"] == subject], test=[x for x in mmlu_test if x["subject"] == subject])
                 for subject in {x["subject"] for x in mmlu_test}}
    return {
        **mmlu_sets,
        ("aps/super_glue", "boolq"): dict(train=[], validation=[dict(passage=x["passage"], question=x["question"], label=int(x["answer"])) for x in boolq]),
        ("allenai/winogrande", "winogrande_xl"): dict(train=[], validation=winogrande),
        ("allenai/ai2_arc", "ARC-Challenge"): dict(train=[dict(question=x["question"], **lettered(x)) for x in lines("arc/arc_challenge_train.jsonl")],
                                                   test=[dict(question=x["question"], **lettered(x)) for x in lines("arc/arc_challenge_test.jsonl")]),
        ("allenai/ai2_arc", "ARC-Easy"): dict(train=[], validation=[], test=[dict(question=x["question"], **lettered(x)) for x in lines("arc/arc_easy_test.jsonl")]),
        ("baber/piqa", None): dict(train=lines("piqa/piqa_valid.jsonl"), validation=lines("piqa/piqa_valid.jsonl")),
        ("allenai/openbookqa", "main"): dict(train=[], validation=[], test=[dict(question_stem=x["question"], **lettered(x)) for x in lines("openbookqa/openbookqa_test.jsonl")]),
    }


REAL_RUNS = [("arc_easy|0", ["arc_easy"], 0, False, False, None), ("piqa|0", ["piqa"], 0, False, False, None),
             ("openbookqa|0", ["openbookqa"], 0, False, False, None)]


# --- models -----------------------------------------------------------------------------------------------------------

def crc(text):
    return zlib.crc32(text.encode("utf-8"))


class PseudoModel(LM):
    """Answers by checksums; a conversation is written down as its messages in JSON."""

    tokenizer_name = "none"

    def loglikelihood(self, requests, **_):
        return [(-((crc(r.args[0] + r.args[1]) % 100003) / 1000) - 0.25 * len(r.args[1].encode()), crc(r.args[1]) % 3 == 0) for r in requests]

    def loglikelihood_rolling(self, requests, **_):
        return [-0.5 * len(r.args[0].encode()) - (crc(r.args[0]) % 1009) / 10 for r in requests]

    def generate_until(self, requests, **_):
        said = ["It is 12 or so. The answer is 1,234. #### $5.00\n", "#### 99.", " the answer is (B) ", "nothing", "The answer is -7.",
                "A", "answer is C, 3 and 40"]
        return [said[crc(r.args[0]) % len(said)] for r in requests]

    def apply_chat_template(self, chat_history, add_generation_prompt=True):
        return json.dumps(chat_history, ensure_ascii=False)

    def chat_template(self, chat_template=False):
        return ""


def use_data(sets):
    def load_dataset(path=None, name=None, **_):
        if path == "cais/mmlu" and (path, name) not in sets:
            raise SystemExit(f"no data for {path} {name}")
        splits = sets[path, name] if (path, name) in sets else sets[path, None]
        some = next(v for v in splits.values() if v)
        splits = {"train": some, **{k: v or some for k, v in splits.items()}}  # the harness opens splits it does not use
        return datasets.DatasetDict({k: datasets.Dataset.from_list(v) for k, v in splits.items()})
    datasets.load_dataset = load_dataset


def expand(tasks, sets):
    """Groups as the tasks that there is data for."""
    names = []
    for task in tasks:
        if task == "mmlu":
            names += [f"mmlu_{s}" for s in SUBJECTS]
        elif task == "mmlu_pro":
            names += [f"mmlu_pro_{c.replace(' ', '_')}" for c in CATEGORIES]
        else:
            names.append(task)
    return names


def run(model, tasks, shots, chat, turns, system, generation=None):
    return lm_eval.simple_evaluate(model=model, tasks=tasks, gen_kwargs=generation, num_fewshot=shots, apply_chat_template=chat, fewshot_as_multiturn=turns,
                                   system_instruction=system, log_samples=True, bootstrap_iters=1000, confirm_run_unsafe_code=True)


def metrics(result):
    keep = {}
    for task, scores in {**result["results"], **result.get("groups", {})}.items():
        keep[task] = {k: v for k, v in scores.items() if "," in k or k == "sample_len"}
    return keep


def request(arguments, kind, short):
    if kind == "loglikelihood_rolling":
        ctx, cont, kwargs = "", arguments[0], None
    else:
        ctx = arguments[0]
        cont, kwargs = (arguments[1], None) if isinstance(arguments[1], str) else (None, arguments[1])
    entry = {"ctx_crc32": crc(ctx)} if short else {"ctx_crc32": crc(ctx), "ctx": ctx}
    if cont is not None:
        entry.update({"cont_crc32": crc(cont)} if short else {"cont_crc32": crc(cont), "cont": cont})
    if kwargs is not None:
        entry["gen_kwargs"] = kwargs
    return entry


def request_lines(name, result, short):
    for task, samples in result["samples"].items():
        kind = result["configs"][task]["output_type"]
        by_document = {}
        for sample in samples:
            by_document.setdefault(sample["doc_id"], []).append(sample)
        for document, same in by_document.items():
            line = {"run": name, "task": task, "doc_id": document, "requests": [request(a, kind, short or document > 0) for a in same[0]["arguments"]]}
            if kind == "generate_until":
                line["filtered"] = {s["filter"]: s["filtered_resps"][0] for s in same}
            if not short:
                line["target"] = str(same[0]["target"])
                line["scores"] = {f"{m},{s['filter']}": s[m] for s in same for m in s["metrics"]}
            yield line


def add_groups(result, tasks, sets):
    """Scores of mmlu and mmlu_pro over the subtasks there is data for, by the harness' own aggregation."""
    from lm_eval.api.metrics import aggregate_subtask_metrics, pooled_sample_stderr
    found = {}
    for group, metric in [("mmlu", "acc,none"), ("mmlu_pro", "exact_match,custom-extract")]:
        members = [t for t in result["results"] if t.startswith(group + "_") and (group == "mmlu_pro" or not t.startswith("mmlu_pro_"))]
        if not members:
            continue
        scores = [result["results"][t] for t in members]
        sizes = [s["sample_len"] for s in scores]
        found[group] = {metric: aggregate_subtask_metrics([s[metric] for s in scores], sizes),
                        metric.replace(",", "_stderr,"): float(pooled_sample_stderr([s[metric.replace(",", "_stderr,")] for s in scores], sizes)),
                        "sample_len": sum(sizes)}
    return found


def make(sets, runs, out, short):
    use_data(sets)
    lines, results = [], {}
    for name, tasks, shots, chat, turns, system in runs:
        result = run(PseudoModel(), expand(tasks, sets), shots, chat, turns, system)
        lines += request_lines(name, result, short)
        results[name] = {"num_fewshot": shots, "limit": None, "chat": chat, "multi_turn": turns, "system": system, "tasks": tasks,
                         "results": {**metrics(result), **add_groups(result, tasks, sets)},
                         "versions": result["versions"]}
    out.mkdir(parents=True, exist_ok=True)
    write_lines(out / "requests.jsonl", lines)
    (out / "results.json").write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def make_likelihoods(sets, out):
    from lm_eval.models.huggingface import HFLM
    model = HFLM(pretrained=str(ROOT / "models/world-llama-instruct"), dtype="float32", device="cpu", batch_size=1)
    lines = []
    for name, tasks, shots, chat, turns, system in RUNS:
        if name not in MODEL_RUNS:
            continue
        result = run(model, expand([t for t in tasks if t in MODEL_TASKS], sets), shots, chat, turns, system, f"max_gen_toks={GENERATED_TOKENS}")
        for task, samples in result["samples"].items():
            for sample in samples:
                answers = [r[0] for r in sample["resps"]]
                if sample["filter"] != samples[0]["filter"]:
                    continue
                lines.append({"run": name, "task": task, "doc_id": sample["doc_id"],
                              "answers": [list(a) if isinstance(a, tuple) else a for a in answers]})
    write_lines(out / "likelihoods.jsonl", lines)


def compare(sets, samples, model, limit):
    """Log-likelihoods in our samples beside the harness': largest difference, and how many are over 1e-5 of the value or 1e-4."""
    from lm_eval.models.huggingface import HFLM
    use_data(sets)
    results = json.loads(next(samples.glob("results_*.json")).read_text())
    shots = results["n-shot"]
    harness = HFLM(pretrained=str(model), dtype="float32", device="cpu", batch_size=1)
    total = over = other = 0
    for file in sorted(samples.glob("samples_*.jsonl")):
        task = file.name.removeprefix("samples_").rsplit("_", 1)[0]
        ours = {x["doc_id"]: x for x in map(json.loads, open(file, encoding="utf-8"))}
        theirs = lm_eval.simple_evaluate(model=harness, tasks=[task], num_fewshot=shots[task], limit=limit, log_samples=True, bootstrap_iters=0)
        worst, count = 0.0, 0
        for sample in theirs["samples"][task]:
            mine = ours[sample["doc_id"]]
            other += any(sample[m] != mine[m] for m in sample["metrics"])
            for (golden, _), (value, _) in zip((r[0] for r in sample["resps"]), (r[0] for r in mine["resps"]), strict=True):
                difference = abs(golden - float(value))
                worst, count = max(worst, difference), count + 1
                over += difference > max(1e-4, 1e-5 * abs(golden))
        total += count
        print(f"{task:<44}{count:>6} log-likelihoods, largest difference {worst:.2e}", flush=True)
    print(f"{total} log-likelihoods, {over} over the bound; items with another score: {other}")
    return 1 if over else 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=pathlib.Path)
    parser.add_argument("--model", type=pathlib.Path)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--compare", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "tests/golden/eval")
    arguments = parser.parse_args()
    if arguments.data:
        sets = real(arguments.data)
        if arguments.compare:
            raise SystemExit(compare(sets, arguments.compare, arguments.model, arguments.limit))
        make(sets, REAL_RUNS, arguments.out, short=True)
        return
    sets, files = synthetic()
    for stem, splits in files.items():
        for split, records in splits.items():
            write_lines(arguments.out / "data" / file_name(stem, split), records)
    make(sets, RUNS, arguments.out, short=False)
    make_likelihoods(sets, arguments.out)


if __name__ == "__main__":
    main()
