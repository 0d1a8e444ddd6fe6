// SPDX-License-Identifier: Apache-2.0
#include "eval/results/baselines.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"

#include <algorithm>
#include <filesystem>
#include <vector>

namespace tacit::eval {

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> runs_beside(const std::string& run_folder) {
    const fs::path own = fs::absolute(run_folder).lexically_normal();
    const fs::path parent = (own.has_filename() ? own : own.parent_path()).parent_path();
    std::vector<fs::path> folders;
    std::error_code failed;
    for (const fs::directory_entry& entry : fs::directory_iterator(parent, failed)) {
        folders.push_back(entry.path());
    }
    std::sort(folders.begin(), folders.end());
    return folders;
}

std::optional<ResultRow> matching_row(const EvalResult& result, const std::string& row, const std::string& key) {
    for (const ResultRow& candidate : result.rows) {
        const auto found = candidate.details.find("key");
        if (candidate.name == row && found != candidate.details.end() && found->second == Detail(key)) {
            return candidate;
        }
    }
    return std::nullopt;
}

/// The sought row as a one-row result in JSON, or "" if no run has it.
std::string search(const std::string& run_folder, const std::string& protocol, const std::string& row,
                   const std::string& key) {
    for (const fs::path& folder : runs_beside(run_folder)) {
        for (const std::string& file : result_files(folder.string(), protocol)) {
            try {
                EvalResult result = result_from_json(read_file(file), file);
                if (std::optional<ResultRow> found = matching_row(result, row, key)) {
                    found->details.try_emplace("taken from", result.run);
                    result.rows = {*found};
                    return to_json(result);
                }
            } catch (const Error&) {
                continue; // a neighbour's damaged file is not this run's concern: the row is measured anew
            }
        }
    }
    return "";
}

} // namespace

std::optional<ResultRow> find_baseline(const std::string& run_folder, const std::string& protocol,
                                       const std::string& row, const std::string& key, dist::Communicator& comm) {
    std::string answer = comm.rank() == 0 ? search(run_folder, protocol, row, key) : "";
    comm.broadcast(answer, 0);
    if (answer.empty()) {
        return std::nullopt;
    }
    return result_from_json(answer, "baseline row").rows.front();
}

} // namespace tacit::eval
