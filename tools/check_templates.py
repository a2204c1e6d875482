#!/usr/bin/env python3
"""Compares evergreen's chat templates with renderings by transformers (golden.jsonl, templates.json, conversations.json).

  tools/check_templates.py --tool build/dev/bin/text_check --data FOLDER

Not part of the tests: the templates of real models are not in the repository.
"""
import argparse, json, subprocess, sys
from collections import defaultdict
from pathlib import Path


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tool", required=True)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--show", type=int, default=5)
    args = parser.parse_args()
    templates = {t["template"]: t for t in json.loads((args.data / "templates.json").read_text())["templates"]}
    conversations = {c["id"]: c for c in json.loads((args.data / "conversations.json").read_text())}
    goldens = [json.loads(line) for line in (args.data / "golden.jsonl").open()]
    requests = []
    for golden in goldens:
        template, conversation = templates[golden["template"]], conversations[golden["conversation"]]
        requests.append(json.dumps({"template": str(args.data / template["file"]), "messages": conversation["messages"],
                                    "tools": conversation["tools"], "bos_token": template["bos_token"] or "",
                                    "eos_token": template["eos_token"] or "",
                                    "add_generation_prompt": golden["add_generation_prompt"]}))
    run = subprocess.run([args.tool, "render"], input="\n".join(requests).encode(), capture_output=True)
    answers = [json.loads(line) for line in run.stdout.splitlines()]
    assert len(answers) == len(goldens), (len(answers), run.stderr.decode())
    wrong, shown, messages_differ, no_spans = defaultdict(int), 0, 0, defaultdict(int)
    for golden, answer in zip(goldens, answers):
        problem = None
        if "error" in golden:
            if "error" not in answer:
                problem = f"expected error {golden['error']!r}, got text"
            elif answer["error"] not in golden["error"]:
                messages_differ += 1
                print(f"  message: {golden['error']!r}, ours {answer['error']!r}")
        elif "error" in answer:
            problem = f"{answer['error']} ({answer['where']})"
        elif golden["rendered"] != answer["rendered"]:
            a, b = answer["rendered"], golden["rendered"]
            at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
            problem = f"differs at {at}: {a[max(0, at - 30):at + 40]!r} expected {b[max(0, at - 30):at + 40]!r}"
        elif "generation_spans" in golden:
            text = answer["rendered"].encode()
            spans = [[len(text[:a].decode()), len(text[:b].decode())] for a, b in answer["spans"]]
            if not golden["add_generation_prompt"] and spans != [list(s) for s in golden["generation_spans"]]:
                problem = f"spans {spans} expected {golden['generation_spans']}"
        no_spans[golden["template"]] += "no_spans" in answer
        if "no_spans" in answer and args.show > 50: print(golden["template"], golden["conversation"], answer["no_spans"])
        if problem:
            wrong[golden["template"]] += 1
            shown += 1
            if shown <= args.show:
                print(f"  {golden['template']} {golden['conversation']}: {problem}")
    print(f"{len(goldens)} renderings of {len(templates)} templates: {len(goldens) - sum(wrong.values())} equal; "
          f"{len(templates) - len(wrong)} templates wholly; {messages_differ} error messages differ in words")
    print("chats whose answers have no known place:", {t: n for t, n in no_spans.items() if n})
    for template, count in wrong.items():
        print(f"  {template}: {count} differ")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
