from writeup.results.tables import add_row, rows


def test_rows_go_in_and_come_out() -> None:
    table: dict[str, list[object]] = {}
    add_row(table, step=1, loss=0.5)
    add_row(table, step=2, loss=0.25)
    assert table == {"step": [1, 2], "loss": [0.5, 0.25]}
    assert rows(table) == [{"step": 1, "loss": 0.5}, {"step": 2, "loss": 0.25}]
    assert rows({}) == []
