// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Text in columns.

use unicode_width::UnicodeWidthStr;

/// Lines with the cells of the rows in columns, which are as wide as their widest cell on a terminal: wide characters
/// take two columns there, and combining ones none.
pub(crate) fn in_columns(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.width()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut lines = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(cell);
            line.push_str(&" ".repeat(width.saturating_sub(cell.width()) + 2));
        }
        lines.push_str(line.trim_end());
        lines.push('\n');
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_take_the_places_that_they_have_on_a_terminal() {
        let rows = [
            ["NAME", "KIND"],
            ["防火墙", "run"],
            ["u\u{308}ber", "run"],
            ["한국", "spawn"],
            ["👩‍🔧", "run"],
            ["filter", ""],
        ]
        .map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(
            in_columns(&rows),
            "NAME    KIND\n防火墙  run\nu\u{308}ber    run\n한국    spawn\n👩‍🔧      run\nfilter\n"
        );
    }

    #[test]
    fn rows_may_have_fewer_cells() {
        let rows = [vec!["a".to_owned(), "b".to_owned()], vec!["cc".to_owned()]];
        assert_eq!(in_columns(&rows), "a   b\ncc\n");
        assert_eq!(in_columns(&[]), "");
    }
}
