// SPDX-License-Identifier: Apache-2.0
#include "eval/results/results.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/json_text.hpp"
#include "pipeline/base/words.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
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

constexpr double kLastDigits = 1e-9; ///< in which versions may differ

bool is_near(double one, double other) {
    return one == other || (std::isnan(one) && std::isnan(other)) ||
           std::abs(one - other) < kLastDigits * std::max(1.0, std::abs(other));
}

/// What of a score is none of an evaluation's: neither written nor read; "": nothing is.
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

Json row_json(const ResultRow& row, const std::vector<ScoreInfo>& infos) {
    if (row.scores.size() != infos.size()) {
        throw std::logic_error("to_json: row '" + row.name + "' has not the scores that its result names");
    }
    Json scores = Json::object();
    for (std::size_t i = 0; i < infos.size(); ++i) {
        const Score& score = row.scores[i];
        if (const std::string fault = fault_of(score, infos[i]); !fault.empty()) {
            throw std::logic_error(fmt::format("to_json: the {} of '{}' {}", infos[i].name, row.name, fault));
        }
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

} // namespace

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

} // namespace tacit::eval
