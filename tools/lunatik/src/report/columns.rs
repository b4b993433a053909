// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Text in columns.

/// Lines with the cells of the rows in columns, which are as wide as their widest cell.
pub(super) fn in_columns(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut lines = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(&format!("{cell:width$}  "));
        }
        lines.push_str(line.trim_end());
        lines.push('\n');
    }
    lines
}
