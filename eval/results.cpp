// SPDX-License-Identifier: Apache-2.0
#include "eval/results.hpp"

#include "pipeline/base/digest.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/json_text.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/words.hpp"
#include "pipeline/train/run/run_paths.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <numeric>
#include <stdexcept>

namespace tacit::eval {

namespace {

using Json = nlohmann::ordered_json;

Json detail_json(const Detail& detail) {
    const double* number = std::get_if<double>(&detail);
    return number != nullptr ? json_number<Json>(*number) : Json(std::get<std::string>(detail));
}

constexpr int kVersion = 2; // of the file; 1: rows with one accuracy each, and no scores

Json score_infos_json(const std::vector<ScoreInfo>& infos) {
    Json list = Json::array();
    for (const ScoreInfo& info : infos) {
        list.push_back({{"name", info.name},
                        {"unit", info.unit == Unit::percent ? "share" : "number"},
                        {"better", info.higher_is_better ? "higher" : "lower"},
                        {"share_of_images", info.share_of_images}});
    }
    return list;
}

std::vector<ScoreInfo> score_infos_from(const Json& list) {
    std::vector<ScoreInfo> infos;
    for (const Json& json : list) {
        infos.push_back({json.at("name").get<std::string>(),
                         json.at("unit").get<std::string>() == "share" ? Unit::percent : Unit::plain,
                         json.at("better").get<std::string>() == "higher", json.at("share_of_images").get<bool>()});
    }
    return infos;
}

Json row_json(const ResultRow& row, const std::vector<ScoreInfo>& infos) {
    if (row.scores.size() != infos.size()) {
        throw std::logic_error("to_json: row '" + row.name + "' has not the scores that its result names");
    }
    Json scores = Json::object();
    for (std::size_t i = 0; i < infos.size(); ++i) {
        const Score& score = row.scores[i];
        Json draws = Json::array();
        for (const double draw : score.draws) {
            draws.push_back(json_number<Json>(draw));
        }
        scores[infos[i].name] = {
            {"value", json_number<Json>(score.value)}, {"std", json_number<Json>(score.std)}, {"draws", draws}};
    }
    Json details = Json::object();
    for (const auto& [key, value] : row.details) {
        details[key] = detail_json(value);
    }
    return {{"name", row.name}, {"scores", scores}, {"details", details}};
}

Score score_from(const Json& json, const char* value) {
    Score score{number_of(json.at(value)), number_of(json.at("std")), {}};
    for (const Json& draw : json.at("draws")) {
        score.draws.push_back(number_of(draw));
    }
    return score;
}

constexpr double kLastDigits = 1e-9; ///< in which versions may differ

bool is_near(double one, double other) {
    return one == other || (std::isnan(one) && std::isnan(other)) ||
           std::abs(one - other) < kLastDigits * std::max(1.0, std::abs(other));
}

/// What of a score no evaluation writes; "": nothing is.
std::string fault_of(const Score& score, const ScoreInfo& info) {
    for (const double draw : score.draws) {
        const bool outside = draw < -kLastDigits || draw > 1 + kLastDigits;
        if (info.unit == Unit::percent && std::isfinite(draw) && outside) {
            return fmt::format("of {} is no share of 1", draw);
        }
    }
    const Score made = score.draws.empty() ? Score{} : score_of(score.draws);
    return !score.draws.empty() && is_near(score.value, made.value) && is_near(score.std, made.std)
               ? std::string()
               : fmt::format("of {} with deviation {} is not that of its {} draws", score.value, score.std,
                             score.draws.size());
}

/// A row of the result `name`.
ResultRow row_from(const Json& json, const std::vector<ScoreInfo>& infos, int version, const std::string& name) {
    ResultRow row;
    row.name = json.at("name").get<std::string>();
    for (const ScoreInfo& info : infos) {
        row.scores.push_back(version == 1 ? score_from(json, "accuracy")
                                          : score_from(json.at("scores").at(info.name), "value"));
        if (const std::string fault = fault_of(row.scores.back(), info); !fault.empty()) {
            throw DataError(fmt::format("{} is not an evaluation result (the {} of '{}' {}); delete it and run the "
                                        "evaluation again",
                                        name, info.name, one_line(row.name), fault));
        }
    }
    for (const auto& [key, value] : json.at("details").items()) {
        if (value.is_number()) {
            row.details[key] = value.get<double>();
        } else {
            row.details[key] = value.get<std::string>();
        }
    }
    return row;
}

constexpr double kNormal = 1.959964; // quantile of the normal distribution, two-sided 95 %

/// Of Student's distribution with `freedom` degrees of freedom, two-sided 95 %.
double student_quantile(std::size_t freedom) {
    constexpr std::array kQuantiles = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228};
    if (freedom <= kQuantiles.size()) {
        return kQuantiles.at(freedom - 1);
    }
    // Expansion in 1 / freedom about the normal quantile (Abramowitz and Stegun 26.7.5), here right to 2e-4.
    const double z = kNormal;
    const double z2 = z * z;
    const double v = 1 / static_cast<double>(freedom);
    const double first = z * (z2 + 1) / 4;
    const double second = z * ((5 * z2 + 16) * z2 + 3) / 96;
    const double third = z * (((3 * z2 + 19) * z2 + 17) * z2 - 15) / 384;
    return z + v * (first + v * (second + v * third));
}

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

std::string details_text(const ResultRow& row) {
    std::string text;
    for (const auto& [key, value] : row.details) {
        if (key != "key") {
            text += (text.empty() ? "" : ", ") + key + " " + detail_text(value);
        }
    }
    return text;
}

std::string detail_text(const Detail& detail) {
    if (const double* number = std::get_if<double>(&detail)) {
        return fmt::format("{:.4g}", *number);
    }
    return std::get<std::string>(detail);
}

ScoreInfo accuracy_info() {
    return {"accuracy", Unit::percent, true, true};
}

Score score_of(std::vector<double> draws) {
    if (draws.empty()) {
        throw std::logic_error("score_of: no draws");
    }
    Score score;
    const auto count = static_cast<double>(draws.size());
    score.value = std::accumulate(draws.begin(), draws.end(), 0.0) / count;
    double squares = 0;
    for (const double draw : draws) {
        squares += (draw - score.value) * (draw - score.value);
    }
    score.std = draws.size() > 1 ? std::sqrt(squares / (count - 1)) : 0;
    score.draws = std::move(draws);
    return score;
}

std::optional<Interval> interval_of(const Score& score, const ScoreInfo& info, std::int64_t test_images) {
    std::optional<Interval> interval;
    if (info.share_of_images && test_images > 0) { // Wilson 1927
        const auto n = static_cast<double>(test_images);
        const double shrink = 1 / (1 + kNormal * kNormal / n);
        const double middle = shrink * (score.value + kNormal * kNormal / (2 * n));
        const double variance = score.value * (1 - score.value) / n + kNormal * kNormal / (4 * n * n);
        const double half = shrink * kNormal * std::sqrt(std::max(0.0, variance));
        interval = {middle - half, middle + half};
    }
    if (score.draws.size() > 1) {
        const auto draws = static_cast<double>(score.draws.size());
        const double half = student_quantile(score.draws.size() - 1) * score.std / std::sqrt(draws);
        const double low = score.value - half;
        const double high = score.value + half;
        interval =
            interval ? Interval{std::min(interval->low, low), std::max(interval->high, high)} : Interval{low, high};
    }
    if (interval && info.unit == Unit::percent) {
        interval = {std::max(0.0, interval->low), std::min(1.0, interval->high)};
    }
    return interval;
}

std::string unfinished_text(const EvalResult& result) {
    return result.step < result.steps ? fmt::format("judged at step {} of {}", result.step, result.steps) : "";
}

std::string value_text(double value, Unit unit) {
    return unit == Unit::percent ? fmt::format("{:.2f}", 100 * value) : fmt::format("{:.4g}", value);
}

std::string spread_text(const Score& score, const ScoreInfo& info, std::int64_t test_images) {
    if (score.draws.size() > 1) {
        return fmt::format(" ± {} ({} draws)", value_text(score.std, info.unit), score.draws.size());
    }
    const std::optional<Interval> interval = interval_of(score, info, test_images);
    return interval ? fmt::format(" [{:.1f}, {:.1f}]", 100 * interval->low, 100 * interval->high) : "";
}

std::string scores_text(const ResultRow& row, const EvalResult& result) {
    std::string text;
    for (std::size_t i = 0; i < result.scores.size(); ++i) {
        const ScoreInfo& info = result.scores[i];
        text += fmt::format("{}{:>6}{}{}{}", i == 0 ? "" : "  ", value_text(row.scores[i].value, info.unit),
                            info.unit == Unit::percent ? " %" : "",
                            info.name == accuracy_info().name ? "" : " " + info.name,
                            spread_text(row.scores[i], info, result.test_images));
    }
    return text;
}

std::string to_json(const EvalResult& result) {
    Json rows = Json::array();
    for (const ResultRow& row : result.rows) {
        rows.push_back(row_json(row, result.scores));
    }
    const Json json = {{"version", kVersion},
                       {"protocol", result.protocol},
                       {"run", result.run},
                       {"pretext", result.pretext},
                       {"checkpoint", result.checkpoint},
                       {"data", result.data},
                       {"scores", score_infos_json(result.scores)},
                       {"rows", rows},
                       {"measure", result.measure},
                       {"data_digest", result.data_digest},
                       {"test_images", result.test_images},
                       {"step", result.step},
                       {"steps", result.steps},
                       {"command", result.command},
                       {"directory", result.directory},
                       {"notes", result.notes},
                       {"seconds", result.seconds}};
    return json_text(json, 2) + "\n";
}

EvalResult result_from_json(const std::string& text, const std::string& name) {
    try {
        const Json json = Json::parse(text);
        const int version = json.value("version", 1);
        if (version > kVersion) {
            throw DataError(
                fmt::format("{} is of a newer Tacit (version {} of the file, this one reads up to {}); read "
                            "it with that one",
                            name, version, kVersion));
        }
        EvalResult result;
        result.protocol = json.at("protocol").get<std::string>();
        result.run = json.at("run").get<std::string>();
        result.pretext = json.at("pretext").get<std::string>();
        result.checkpoint = json.at("checkpoint").get<std::string>();
        result.data = json.at("data").get<std::string>();
        result.seconds = json.at("seconds").get<double>();
        result.notes = json.value("notes", result.notes);
        result.measure = json.value("measure", result.measure);
        result.data_digest = json.value("data_digest", result.data_digest);
        result.test_images = json.value("test_images", result.test_images);
        result.step = json.value("step", result.step);
        result.steps = json.value("steps", result.steps);
        result.command = json.value("command", result.command);
        result.directory = json.value("directory", result.directory);
        if (version > 1) {
            result.scores = score_infos_from(json.at("scores"));
        }
        if (result.scores.empty()) {
            throw DataError(name + " is not an evaluation result (it names no score); delete it and run the "
                                   "evaluation again");
        }
        for (const Json& row : json.at("rows")) {
            result.rows.push_back(row_from(row, result.scores, version, name));
        }
        return result;
    } catch (const Json::exception& error) {
        throw DataError(fmt::format("{} is not an evaluation result ({}); delete it and run the evaluation again", name,
                                    json_fault(error)));
    }
}

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

std::string as_table(const EvalResult& result) {
    std::size_t width = 0;
    for (const ResultRow& row : result.rows) {
        width = std::max(width, row.name.size());
    }
    const std::string unfinished = unfinished_text(result);
    std::string table =
        fmt::format("{} on {}: {} ({}, {}{}{}), {:.1f} s\n", result.protocol, result.data, result.run, result.pretext,
                    result.checkpoint, unfinished.empty() ? "" : ", ", unfinished, result.seconds);
    for (const ResultRow& row : result.rows) {
        table += fmt::format("  {:<{}}", row.name, width);
        table += "  " + scores_text(row, result);
        table += fmt::format("  {}\n", details_text(row));
    }
    return table;
}

} // namespace tacit::eval
