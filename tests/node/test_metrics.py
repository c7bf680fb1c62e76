"""Metrics: one registry a node."""

from node.metrics import CONTENT_TYPE, Metrics


def test_two_nodes_in_one_process_count_apart() -> None:
    first, second = Metrics(), Metrics()

    first.commits.labels("outbox.delivered").inc(2)

    assert b'ler_commits_total{unit="outbox.delivered"} 2.0' in first.render()
    assert b"delivered" not in second.render()


def test_everything_has_its_name_and_a_help_line() -> None:
    text = Metrics().render().decode()

    names = [line.split()[2] for line in text.splitlines() if line.startswith("# HELP ler_")]
    names = [name for name in names if not name.endswith("_created")]
    assert names == [
        "ler_http_requests_total",
        "ler_http_seconds",
        "ler_outbox_rows",
        "ler_mailbox_rows",
        "ler_live_sockets",
        "ler_commits_total",
        "ler_commit_seconds",
        "ler_commit_bodies",
        "ler_fetches_total",
        "ler_fetch_seconds",
        "ler_worker_jobs_total",
        "ler_worker_seconds",
        "ler_job_runs_total",
        "ler_job_seconds",
        "ler_relay_checks_total",
        "ler_verdicts_total",
        "ler_peers",
    ]
    assert "process_resident_memory_bytes" in text
    assert CONTENT_TYPE.startswith("text/plain")
