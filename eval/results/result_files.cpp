// SPDX-License-Identifier: Apache-2.0
#include "eval/results/results.hpp"

#include "pipeline/base/digest.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/train/run/run_paths.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace tacit::eval {

namespace {

/// Where a result stands that is not the run's newest of its own data.
std::string path_aside(const std::filesystem::path& folder, const EvalResult& result) {
    constexpr std::size_t kDigits = 8;
    return (folder / fmt::format("{}-{}.json", result.protocol, sha256_of(identity_of(result)).substr(0, kDigits)))
        .string();
}

/// Makes way for a result of another identity.
void keep_aside(const std::filesystem::path& folder, const std::string& path, const EvalResult& result) {
    std::error_code failed;
    if (!std::filesystem::is_regular_file(path, failed)) {
        return;
    }
    try {
        const EvalResult earlier = result_from_json(read_file(path), path);
        if (identity_of(earlier) != identity_of(result)) {
            rename_durably(path, path_aside(folder, earlier));
        }
    } catch (const DataError& error) {
        log::warning(fmt::format("{}; it is kept as {}.unread", error.what(), path));
        rename_durably(path, path + ".unread");
    }
}

} // namespace

std::string identity_of(const EvalResult& result) {
    std::string measure = result.measure;
    for (const ResultRow& row : result.rows) { // what earlier versions tell
        const auto labels = row.details.find("labels");
        if (measure.empty() && labels != row.details.end()) {
            measure = detail_text(labels->second) + " labels";
        }
    }
    return fmt::format("{}|{}|{}", result.protocol, result.data_digest.empty() ? result.data : result.data_digest,
                       measure);
}

std::string write_result(const std::string& run_folder, const EvalResult& result, bool own_data) {
    const std::filesystem::path folder = train::RunPaths(run_folder).results();
    train::make_folder(folder);
    const std::string aside = path_aside(folder, result);
    std::string path = own_data ? (folder / (result.protocol + ".json")).string() : aside;
    if (own_data) {
        keep_aside(folder, path, result);
        std::error_code failed;
        std::filesystem::remove(aside, failed); // the same measured before
    }
    write_file_atomically(path, to_json(result));
    return path;
}

std::vector<std::string> result_files(const std::string& run_folder, const std::string& protocol) {
    const std::filesystem::path folder = train::RunPaths(run_folder).results();
    std::vector<std::string> files;
    std::error_code failed;
    for (const auto& entry : std::filesystem::directory_iterator(folder, failed)) {
        const std::string name = entry.path().filename().string();
        if (name == protocol + ".json" || (name.starts_with(protocol + "-") && name.ends_with(".json"))) {
            files.push_back(entry.path().string());
        }
    }
    std::sort(files.begin(), files.end(), [](const std::string& a, const std::string& b) {
        return a.size() != b.size() ? a.size() < b.size() : a < b;
    });
    return files;
}

} // namespace tacit::eval
