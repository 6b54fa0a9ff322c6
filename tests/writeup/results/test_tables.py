from writeup.results.store import Result
from writeup.results.tables import add_row, frame, rows


def test_rows_go_in_and_come_out() -> None:
    table: dict[str, list[object]] = {}
    add_row(table, step=1, loss=0.5)
    add_row(table, step=2, loss=0.25)
    assert table == {"step": [1, 2], "loss": [0.5, 0.25]}
    assert rows(table) == [{"step": 1, "loss": 0.5}, {"step": 2, "loss": 0.25}]
    assert rows({}) == []


def test_a_frame_holds_the_rows_of_all_runs_and_tells_them_apart() -> None:
    runs = [Result("part", seed, {}, {"looks": {"t": [1, 2], "score": [seed, 3.0]}}) for seed in (4, 7)]
    both, one = frame(runs, "looks"), frame(runs[1], "looks")
    assert both.values.tolist() == [[1, 4, 4], [2, 3, 4], [1, 7, 7], [2, 3, 7]]
    assert list(both) == ["t", "score", "seed"] and one.values.tolist() == both.values.tolist()[2:]
    assert list(both.index) == [0, 1, 2, 3]
