#!/usr/bin/env python3
"""Makes tests/golden/data/*.parquet, small files that the reader of Parquet is tested with.

pyarrow 26.0.1, numpy not needed; no random numbers:  python3 tools/make_parquet_goldens.py
"""
import datetime
import pathlib

import pyarrow as pa
import pyarrow.parquet as pq

OUT = pathlib.Path(__file__).resolve().parent.parent / "tests" / "golden" / "data"
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


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    table = documents()
    pq.write_table(table, OUT / "documents.parquet", row_group_size=300, compression="zstd")
    pq.write_table(table.select(["text"]).slice(0, 5), OUT / "plain.parquet", compression="none", use_dictionary=False)
    pq.write_table(table.slice(0, 0), OUT / "empty.parquet")


if __name__ == "__main__":
    main()
