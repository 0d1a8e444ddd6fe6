// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/labels/csv_table.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/file_kind.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/shards/splits/split_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>

namespace tacit::shards {
namespace {

std::string extension_of(const std::string& path) {
    return lower_case(std::filesystem::path(path).extension().string());
}

/// How often a letter stands in a line outside of quotes.
std::size_t count_of(char letter, std::string_view line) {
    bool quoted = false;
    std::size_t count = 0;
    for (const char one : line) {
        quoted = quoted != (one == '"');
        count += one == letter && !quoted ? 1U : 0U;
    }
    return count;
}

/// Of a comma, a semicolon, a tab and, in a .txt file, a space the one that stands most often in a line, as often in
/// each of the first ones; else the first of them that is in the first line at all.
char separator_of(const std::string& path, std::string_view text) {
    constexpr std::size_t kLines = 8;
    std::vector<std::string_view> lines;
    for (std::size_t at = 0; at < text.size() && lines.size() < kLines;) {
        const std::string_view line = text.substr(at, text.find('\n', at) - at);
        at += line.size() + 1;
        if (const std::size_t end = line.find_last_not_of(" \t\r"); end != std::string_view::npos) {
            lines.push_back(line.substr(0, end + 1));
        }
    }
    char best = 0;
    std::size_t most = 0;
    char first = 0;
    for (const char letter : std::string_view(",;\t ").substr(0, extension_of(path) == ".txt" ? 4 : 3)) {
        const std::size_t count = lines.empty() ? 0 : count_of(letter, lines.front());
        const bool always = std::all_of(lines.begin(), lines.end(),
                                        [&](std::string_view line) { return count_of(letter, line) == count; });
        first = first == 0 && count > 0 ? letter : first;
        if (always && count > most && letter != ' ') {
            best = letter;
            most = count;
        }
    }
    return best != 0 ? best : first != 0 ? first : ',';
}

class CsvReader {
  public:
    /// `line`: of the file, in which `text` begins.
    CsvReader(const std::string& path, std::string_view text, std::size_t line)
        : path_(path), text_(text), separator_(separator_of(path, text)), line_(line) {}

    bool done() const { return at_ >= text_.size(); }

    /// The next row; no cells: it holds nothing.
    CsvRow row() {
        CsvRow row{line_, {}};
        bool blank = true;
        bool more = true;
        while (more) {
            blank = read_cell(row.cells.emplace_back()) && blank;
            more = !done() && text_[at_] == separator_;
            ++at_;
        }
        ++line_;
        if (blank) {
            row.cells.clear();
        }
        return row;
    }

  private:
    /// Up to the separator or line break behind it; whether nothing is there, not even quotes.
    bool read_cell(std::string& cell) {
        bool quoted = false;
        std::size_t kept = 0; // what ends in quotes or in something to see
        for (; !done() && text_[at_] != separator_ && text_[at_] != '\n'; ++at_) {
            const bool unseen = text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\r';
            if (text_[at_] == '"' && cell.empty() && !quoted) {
                read_quoted(cell);
                quoted = true;
                kept = cell.size();
            } else if (!unseen) {
                cell += text_[at_];
                kept = cell.size();
            } else if (!cell.empty() && text_[at_] != '\r') {
                cell += text_[at_];
            }
        }
        cell.resize(kept);
        return cell.empty() && !quoted;
    }

    /// From one quote to the other, on which it ends; two in a row are one within the cell.
    void read_quoted(std::string& cell) {
        const std::size_t begins = line_;
        while (++at_ < text_.size()) {
            if (text_[at_] == '"' && (at_ + 1 == text_.size() || text_[at_ + 1] != '"')) {
                return;
            }
            at_ += text_[at_] == '"' ? 1 : 0;
            line_ += text_[at_] == '\n' ? 1 : 0;
            if (text_[at_] != '\r') {
                cell += text_[at_] == '\n' ? ' ' : text_[at_];
            }
        }
        throw DataError(fmt::format("{}: a quoted cell that begins in line {} has no end", path_, begins));
    }

    const std::string& path_;
    std::string_view text_;
    char separator_;
    std::size_t at_ = 0;
    std::size_t line_;
};

} // namespace

const std::string& CsvRow::cell(std::size_t column) const {
    static const std::string kMissing;
    return column < cells.size() ? cells[column] : kMissing;
}

bool is_table_name(const std::string& name) {
    const std::string extension = extension_of(name);
    return extension == ".csv" || extension == ".tsv" || extension == ".txt";
}

std::vector<CsvRow> read_csv(const std::string& path) {
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (std::error_code error; std::filesystem::is_other(path, error)) { // a pipe may be waited for without end
        throw IoError(fmt::format("{}: {}", path, kind_text(path)));
    }
    const std::string text = read_file(path);
    if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF") ||
        std::string_view(text).substr(0, 64).find('\0') != std::string_view::npos) {
        throw DataError(fmt::format("{}: is no text in UTF-8, but in UTF-16 or binary; save the table as UTF-8 (iconv "
                                    "-f UTF-16 -t UTF-8)",
                                    path));
    }
    std::string_view rest = std::string_view(text).substr(text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0);
    const bool told = rest.starts_with("sep=") && rest.find('\n') < 7; // as spreadsheets write it above the header
    if (told) {
        rest.remove_prefix(rest.find('\n') + 1);
    }
    CsvReader reader(path, rest, told ? 2 : 1);
    std::vector<CsvRow> rows;
    while (!reader.done()) {
        CsvRow row = reader.row();
        if (!row.cells.empty()) {
            rows.push_back(std::move(row));
        }
    }
    if (rows.empty()) {
        throw DataError(fmt::format("{}: is empty", path));
    }
    return rows;
}

} // namespace tacit::shards
