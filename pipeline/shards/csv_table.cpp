// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/csv_table.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/file_kind.hpp"
#include "pipeline/base/files.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <string_view>
#include <system_error>

namespace tacit::shards {
namespace {

class CsvReader {
  public:
    CsvReader(const std::string& path, std::string_view text)
        : path_(path), text_(text), separator_(separator_of(path, text.substr(0, text.find('\n')))) {}

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
    /// A comma, unless the first line has none, but a tab, or a space in a .txt file.
    static char separator_of(const std::string& path, std::string_view line) {
        line = line.substr(0, line.find_last_not_of(" \t\r") + 1);
        const auto holds = [&](char letter) { return line.find(letter) != std::string_view::npos; };
        const bool spaces = path.ends_with(".txt") && holds(' ');
        return holds(',') || holds(';') ? ',' : holds('\t') ? '\t' : spaces ? ' ' : ',';
    }

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
    std::size_t line_ = 1;
};

} // namespace

std::vector<CsvRow> read_csv(const std::string& path) {
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (std::error_code error; std::filesystem::is_other(path, error)) { // a pipe may be waited for without end
        throw IoError(fmt::format("{}: {}", path, kind_text(path)));
    }
    const std::string text = read_file(path);
    CsvReader reader(path, std::string_view(text).substr(text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0));
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
