// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/csv_table.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"

#include <fmt/format.h>

#include <string_view>

namespace tacit::shards {
namespace {

class CsvReader {
  public:
    CsvReader(const std::string& path, std::string_view text) : path_(path), text_(text) {}

    bool done() const { return at_ >= text_.size(); }

    /// The next row; no cells: the line is blank.
    CsvRow row() {
        CsvRow row{line_, {}};
        const std::size_t begin = at_;
        std::string cell;
        for (; !done() && text_[at_] != '\n'; ++at_) {
            if (text_[at_] == '"' && cell.empty()) {
                read_quoted(cell);
            } else if (text_[at_] == ',') {
                row.cells.push_back(std::move(cell));
                cell.clear();
            } else if (text_[at_] != '\r') {
                cell += text_[at_];
            }
        }
        const std::string_view whole = text_.substr(begin, at_ - begin);
        if (!whole.empty() && whole != "\r") {
            row.cells.push_back(std::move(cell));
        }
        ++at_;
        ++line_;
        return row;
    }

  private:
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
    std::size_t at_ = 0;
    std::size_t line_ = 1;
};

} // namespace

std::vector<CsvRow> read_csv(const std::string& path) {
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
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
