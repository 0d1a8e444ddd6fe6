// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/import/table_rows.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/splits/split_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace tacit::shards {

namespace fs = std::filesystem;

std::vector<std::string> names_of(const ImageSource& source) {
    std::vector<std::string> names(source.info.labels.size());
    for (std::size_t image = 0; image < names.size(); ++image) {
        names[image] = source.key(static_cast<std::int64_t>(image));
    }
    return names;
}

std::pair<std::vector<std::size_t>, std::vector<std::string>> images_below(const std::vector<std::string>& names,
                                                                           const std::string& folder) {
    std::pair<std::vector<std::size_t>, std::vector<std::string>> below;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (folder.empty() || names[i].starts_with(folder + "/")) {
            below.first.push_back(i);
            below.second.push_back(names[i].substr(folder.empty() ? 0 : folder.size() + 1));
        }
    }
    return below;
}

std::vector<CsvRow> rows_beside(const std::string& path) {
    constexpr std::uintmax_t kMaxTable = std::uintmax_t{256} << 20;
    std::error_code error;
    return fs::file_size(path, error) > kMaxTable || error ? std::vector<CsvRow>() : read_csv(path);
}

RowMatch rows_of_images(const std::string& path, const std::vector<CsvRow>& rows, const TableColumn& wanted,
                        const std::vector<std::string>& names) {
    if (names.front().empty()) {
        return rows_in_order(path, rows, wanted, names.size());
    }
    RowMatch match = match_rows(path, rows, wanted, names);
    if (match.found == 0) {
        throw DataError(fmt::format("{}: no row fits an image: {}", path, near_names(rows, names)));
    }
    return match;
}

void count_rows(const std::string& path, const std::string& images, const std::vector<CsvRow>& rows,
                std::size_t first_row, const RowMatch& match, LeftOutList& left_out) {
    std::vector<bool> used(rows.size(), false);
    for (const std::size_t row : match.rows) {
        if (row != RowMatch::kNone) {
            used[row] = true;
        }
    }
    for (const auto& [image, row] : match.again) {
        if (!used[row]) {
            used[row] = true;
            left_out.add(fmt::format("rows of {} that say again what another says", path),
                         fmt::format("line {}", rows[row].line));
        }
    }
    for (std::size_t row = first_row; row < rows.size(); ++row) {
        if (!used[row]) {
            left_out.add(fmt::format("rows of {} that fit no {}", path, images),
                         fmt::format("line {}", rows[row].line));
        }
    }
}

std::string split_word_of(const std::string& table) {
    const std::string name = fs::path(table).filename().string();
    const auto word = split_word(name);
    return word ? lower_case(name.substr(word->begin, word->size)) : std::string();
}

std::string existing_table(const std::string& path, const std::string& source) {
    return existing_file(path, fs::is_directory(source) ? source : fs::path(source).parent_path().string());
}

void use_table(SourceInfo& info, const std::string& root, const std::string& path) {
    if (std::find(info.files.begin(), info.files.end(), path) == info.files.end()) {
        info.files.push_back(path);
    }
    for (SourceTable& table : info.tables) {
        const fs::path own = fs::path(root) / table.path;
        std::error_code error;
        table.used = table.used || (own.filename() == fs::path(path).filename() && fs::equivalent(own, path, error));
    }
}

} // namespace tacit::shards
