// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/metrics.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/json_text.hpp"

#include <filesystem>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sstream>

namespace tacit::train {

namespace {

using Json = nlohmann::ordered_json;

/// The lines of `content` whose step is at most `done_steps`.
std::string lines_until(const std::string& content, std::int64_t done_steps) {
    std::istringstream lines(content);
    std::string kept;
    for (std::string line; std::getline(lines, line);) {
        const Json json = Json::parse(line, nullptr, false);
        if (!json.is_object() || !json.contains("step") || !json["step"].is_number_integer() ||
            json["step"].get<std::int64_t>() > done_steps)
            break;
        kept += line + "\n";
    }
    return kept;
}

} // namespace

MetricsWriter::MetricsWriter(const std::string& path, std::int64_t done_steps) : path_(path) {
    if (std::filesystem::exists(path)) {
        const std::string content = read_file(path);
        if (const std::string kept = lines_until(content, done_steps); kept != content)
            write_file_atomically(path, kept);
    }
    file_.reset(std::fopen(path.c_str(), "ab"));
    if (!file_)
        throw IoError(fmt::format("cannot write '{}': {}", path, errno_text()));
}

void MetricsWriter::write(std::int64_t step, const MetricsLine& values) {
    Json json = {{"step", step}};
    for (const auto& [name, value] : values)
        json[name] = value;
    const std::string line = json_text(json) + "\n";
    if (std::fwrite(line.data(), 1, line.size(), file_.get()) != line.size() || std::fflush(file_.get()) != 0)
        throw IoError(fmt::format("cannot write '{}': {}", path_, errno_text()));
}

} // namespace tacit::train
