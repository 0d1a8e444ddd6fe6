// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/run/metrics.hpp"

#include "pipeline/base/files.hpp"
#include "pipeline/base/json_text.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/reason.hpp"

#include <exception>
#include <filesystem>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

namespace tacit::train {

namespace {

using Json = nlohmann::ordered_json;

/// The step of a line; none where it is damaged.
std::optional<std::int64_t> step_of(const std::string& line) {
    const Json json = Json::parse(line, nullptr, false);
    const bool good = json.is_object() && json.contains("step") && json["step"].is_number_integer();
    return good ? std::optional(json["step"].get<std::int64_t>()) : std::nullopt;
}

/// The lines of `content` whose step is at most `done_steps`; `damaged` gets the numbers of those that are none. A last
/// line without an end was being written at a crash.
std::string lines_until(const std::string& content, std::int64_t done_steps, std::vector<std::int64_t>& damaged) {
    std::istringstream lines(content);
    std::string kept;
    std::int64_t number = 0;
    for (std::string line; std::getline(lines, line) && !lines.eof();) {
        ++number;
        const std::optional<std::int64_t> step = step_of(line);
        if (!step) {
            damaged.push_back(number);
        } else if (*step <= done_steps) {
            kept += line + "\n";
        }
    }
    return kept;
}

void drop_later_lines(const std::string& path, std::int64_t done_steps) {
    if (!std::filesystem::exists(path)) {
        return;
    }
    const std::string content = read_file(path);
    std::vector<std::int64_t> damaged;
    const std::string kept = lines_until(content, done_steps, damaged);
    if (!damaged.empty()) {
        log::warning(fmt::format("{}: {} of its lines {} damaged and left out, line {} first; the curves lack that "
                                 "much, all other lines are kept",
                                 path, damaged.size(), damaged.size() == 1 ? "is" : "are", damaged.front()));
    }
    if (kept == content) {
        return;
    }
    if (content.starts_with(kept)) {
        std::filesystem::resize_file(path, kept.size()); // a full disk allows it
    } else {
        write_file_atomically(path, kept);
    }
}

} // namespace

MetricsWriter::MetricsWriter(const std::string& path, std::int64_t done_steps) : file_(path) {
    try {
        drop_later_lines(path, done_steps);
    } catch (const std::exception& error) {
        log::warning(fmt::format("{}; lines of steps after {} may stay in {}; training does not depend on them",
                                 reason_of(error), done_steps, path));
    }
}

void MetricsWriter::write(std::int64_t step, const MetricsLine& values) {
    Json json = {{"step", step}};
    for (const auto& [name, value] : values) {
        json[name] = json_number<Json>(value);
    }
    file_.append(json_text(json) + "\n");
}

} // namespace tacit::train
