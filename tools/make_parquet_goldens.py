#!/usr/bin/env python3
"""Makes tests/golden/data/*.parquet, small files that the reader of Parquet is tested with, and tests/golden/eval/parquet: some of the
data sets of tests/golden/eval/data as Hugging Face's hub would have them.

pyarrow 26.0.1, numpy not needed; no random numbers:  python3 tools/make_parquet_goldens.py
"""
import datetime
import decimal
import json
import pathlib

import pyarrow as pa
import pyarrow.parquet as pq

GOLDEN = pathlib.Path(__file__).resolve().parent.parent / "tests" / "golden"
OUT = GOLDEN / "data"
ROWS = 700  # more than one batch, several row groups


def documents():
    texts = [f"document number {i}: é 文 " + "x" * (i % 50) for i in range(ROWS)]
    texts[3] = None
    days = [datetime.date(2024, 1, 1) + datetime.timedelta(days=i) for i in range(ROWS)]
    moments = [datetime.datetime(2024, 1, 1, 12, tzinfo=datetime.timezone.utc) + datetime.timedelta(hours=i)
               for i in range(ROWS)]
    meta = [{"body": f"inner {i}", "rank": i} for i in range(ROWS)]
    return pa.table({
        "id": pa.array(range(ROWS), pa.int64()),
        "text": pa.array(texts, pa.string()),
        "large": pa.array([t or "" for t in texts], pa.large_string()),
        "day": pa.array(days, pa.date32()),
        "moment": pa.array(moments, pa.timestamp("us", tz="UTC")),
        "iso": pa.array([d.isoformat() for d in days], pa.string()),
        "year": pa.array([2000 + i % 25 for i in range(ROWS)], pa.int32()),
        "meta": pa.array(meta, pa.struct([("body", pa.string()), ("rank", pa.int64())])),
    })


def types():
    """Two rows of every type that records may hold."""
    moment = datetime.datetime(2024, 1, 31, 12, 0, 1, 250000, tzinfo=datetime.timezone.utc)
    return pa.table({
        "yes": pa.array([True, None]),
        "small": pa.array([-3, 4], pa.int8()),
        "large": pa.array([2**63 - 1, -2**63], pa.int64()),
        "unsigned": pa.array([2**64 - 1, 0], pa.uint64()),
        "float": pa.array([0.5, float("nan")], pa.float32()),
        "double": pa.array([0.1, 1e300], pa.float64()),
        "money": pa.array([decimal.Decimal("1.50"), decimal.Decimal("-0.25")], pa.decimal128(9, 2)),
        "text": pa.array(["a \"quote\"\n\u00e9", ""], pa.string()),
        "bytes": pa.array([b"plain", b"\xff"], pa.binary()),
        "label": pa.array(["first", "second"]).dictionary_encode(),
        "day": pa.array([datetime.date(1969, 12, 31), datetime.date(2024, 2, 29)], pa.date32()),
        "moment": pa.array([moment, datetime.datetime(1969, 12, 31, 23, 59, 59)], pa.timestamp("us")),
        "list": pa.array([["x", None], []], pa.list_(pa.string())),
        "nested": pa.array([{"choices": [{"text": "a", "n": 1}], "none": None}, None],
                           pa.struct([("choices", pa.list_(pa.struct([("text", pa.string()), ("n", pa.int32())]))),
                                      ("none", pa.string())])),
        "map": pa.array([[("k", 1)], []], pa.map_(pa.string(), pa.int64())),
    })


def records(name):
    return pa.Table.from_pylist([json.loads(line) for line in open(GOLDEN / "eval" / "data" / name, encoding="utf-8")])


def hub():
    out = GOLDEN / "eval" / "parquet"
    arc, train = records("arc/arc_challenge_test.jsonl"), records("arc/arc_challenge_train.jsonl")
    (out / "ai2_arc" / "ARC-Challenge").mkdir(parents=True, exist_ok=True)
    half = len(arc) // 2
    pq.write_table(train, out / "ai2_arc" / "ARC-Challenge" / "train-00000-of-00001.parquet")
    pq.write_table(arc.slice(0, half), out / "ai2_arc" / "ARC-Challenge" / "test-00000-of-00002.parquet")
    pq.write_table(arc.slice(half), out / "ai2_arc" / "ARC-Challenge" / "test-00001-of-00002.parquet")
    (out / "openbookqa").mkdir(exist_ok=True)
    for split in ("train", "test"):
        pq.write_table(records(f"openbookqa/openbookqa_{split}.jsonl"), out / "openbookqa" / f"{split}.parquet")


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    table = documents()
    pq.write_table(table, OUT / "documents.parquet", row_group_size=300, compression="zstd")
    pq.write_table(table.select(["text"]).slice(0, 5), OUT / "plain.parquet", compression="none", use_dictionary=False)
    pq.write_table(table.slice(0, 0), OUT / "empty.parquet")
    pq.write_table(types(), OUT / "types.parquet", row_group_size=1)
    pq.write_table(pa.table({"gap": pa.array([1], pa.duration("s"))}), OUT / "duration.parquet")
    hub()


if __name__ == "__main__":
    main()
