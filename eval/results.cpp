// SPDX-License-Identifier: Apache-2.0
#include "eval/results.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/json_text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>
#include <stdexcept>

namespace tacit::eval {

namespace {

using Json = nlohmann::ordered_json;

Json detail_json(const Detail& detail) {
    return std::visit([](const auto& value) { return Json(value); }, detail);
}

Json row_json(const ResultRow& row) {
    Json details = Json::object();
    for (const auto& [key, value] : row.details) {
        details[key] = detail_json(value);
    }
    return {
        {"name", row.name}, {"accuracy", row.accuracy}, {"std", row.std}, {"draws", row.draws}, {"details", details}};
}

ResultRow row_from(const Json& json) {
    ResultRow row;
    row.name = json.at("name").get<std::string>();
    row.accuracy = json.at("accuracy").get<double>();
    row.std = json.at("std").get<double>();
    row.draws = json.at("draws").get<std::vector<double>>();
    for (const auto& [key, value] : json.at("details").items()) {
        if (value.is_number()) {
            row.details[key] = value.get<double>();
        } else {
            row.details[key] = value.get<std::string>();
        }
    }
    return row;
}

/// A detail of a row as the last column of the table; details that identify rather than inform stay in the file.
std::string details_text(const ResultRow& row) {
    std::string text;
    for (const auto& [key, value] : row.details) {
        if (key == "key") {
            continue;
        }
        text += text.empty() ? "" : ", ";
        text += key + " ";
        text += detail_text(value);
    }
    return text;
}

} // namespace

std::string detail_text(const Detail& detail) {
    if (const double* number = std::get_if<double>(&detail)) {
        return fmt::format("{:.4g}", *number);
    }
    return std::get<std::string>(detail);
}

std::string spread_text(const ResultRow& row) {
    return row.draws.size() > 1 ? fmt::format(" ± {:.2f}", 100 * row.std) : "";
}

void summarise_draws(ResultRow& row) {
    if (row.draws.empty()) {
        throw std::logic_error("summarise_draws: row '" + row.name + "' has no draws");
    }
    const auto count = static_cast<double>(row.draws.size());
    row.accuracy = std::accumulate(row.draws.begin(), row.draws.end(), 0.0) / count;
    double squares = 0;
    for (const double draw : row.draws) {
        squares += (draw - row.accuracy) * (draw - row.accuracy);
    }
    row.std = row.draws.size() > 1 ? std::sqrt(squares / (count - 1)) : 0;
}

std::string to_json(const EvalResult& result) {
    Json rows = Json::array();
    for (const ResultRow& row : result.rows) {
        rows.push_back(row_json(row));
    }
    const Json json = {{"protocol", result.protocol},     {"run", result.run},   {"pretext", result.pretext},
                       {"checkpoint", result.checkpoint}, {"data", result.data}, {"rows", rows},
                       {"seconds", result.seconds}};
    return json_text(json, 2) + "\n";
}

EvalResult result_from_json(const std::string& text, const std::string& name) {
    try {
        const Json json = Json::parse(text);
        EvalResult result;
        result.protocol = json.at("protocol").get<std::string>();
        result.run = json.at("run").get<std::string>();
        result.pretext = json.at("pretext").get<std::string>();
        result.checkpoint = json.at("checkpoint").get<std::string>();
        result.data = json.at("data").get<std::string>();
        result.seconds = json.at("seconds").get<double>();
        for (const Json& row : json.at("rows")) {
            result.rows.push_back(row_from(row));
        }
        return result;
    } catch (const Json::exception& error) {
        throw DataError(fmt::format("{} is not an evaluation result ({}); delete it and run the evaluation again", name,
                                    error.what()));
    }
}

std::string write_result(const std::string& run_folder, const EvalResult& result) {
    const std::filesystem::path folder = std::filesystem::path(run_folder) / "eval";
    std::error_code failed;
    std::filesystem::create_directories(folder, failed);
    if (failed) {
        throw IoError(fmt::format("cannot create folder {}: {}", folder.string(), failed.message()));
    }
    const std::string path = (folder / (result.protocol + ".json")).string();
    write_file_atomically(path, to_json(result));
    return path;
}

std::string as_table(const EvalResult& result) {
    std::size_t width = 0;
    for (const ResultRow& row : result.rows) {
        width = std::max(width, row.name.size());
    }
    std::string table = fmt::format("{} on {}: {} ({}, {}), {:.1f} s\n", result.protocol, result.data, result.run,
                                    result.pretext, result.checkpoint, result.seconds);
    for (const ResultRow& row : result.rows) {
        table += fmt::format("  {:<{}}  {:>6.2f} %{}  {}\n", row.name, width, 100 * row.accuracy, spread_text(row),
                             details_text(row));
    }
    return table;
}

} // namespace tacit::eval
