// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/state/manifest.hpp"

#include "pipeline/base/digest.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/json_text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace tacit::train {

namespace {

using Json = nlohmann::ordered_json;

constexpr int kFormat = 1;
/// Metrics may be infinite or no numbers.
Json json_of(const std::map<std::string, double>& values) {
    Json json = Json::object();
    for (const auto& [name, value] : values) {
        json[name] = json_number<Json>(value);
    }
    return json;
}

MetricWindow window_of(const Json& json) {
    MetricWindow window;
    json.at("steps").get_to(window.steps);
    window.skipped = json.value("skipped", std::int64_t{0});
    for (const auto& [name, sum] : json.at("sums").items()) {
        window.sums[name] = number_of(sum);
        window.counts[name] = window.steps; // as checkpoints without counts have it
    }
    if (json.contains("counts")) {
        json.at("counts").get_to(window.counts);
    }
    return window;
}

constexpr const char* kDigestKey = "manifest_sha256"; // of the compact dump of all the other fields

} // namespace

std::string manifest_json(const Manifest& manifest) {
    Json files = Json::array();
    for (const CheckpointFile& file : manifest.files) {
        files.push_back({{"name", file.name}, {"bytes", file.bytes}, {"sha256", file.sha256}});
    }
    Json json = {
        {"format", kFormat},
        {"step", manifest.step},
        {"epoch", manifest.epoch},
        {"batch", manifest.batch},
        {"seed", manifest.seed},
        {"global_batch", manifest.global_batch},
        {"ranks", manifest.ranks},
        {"threads", manifest.threads},
        {"pretext", manifest.pretext},
        {"shape", {manifest.shape.height, manifest.shape.width, manifest.shape.channels}},
        {"mean", manifest.mean},
        {"std", manifest.std},
        {"config_digest", manifest.config_digest},
        {"data_fingerprint", manifest.data_fingerprint},
        {"pixels_fingerprint", manifest.pixels_fingerprint},
        {"loss", json_number<Json>(manifest.loss)},
        {"seconds", manifest.seconds},
        {"skipped", manifest.skipped},
        {"window",
         {{"steps", manifest.window.steps},
          {"skipped", manifest.window.skipped},
          {"sums", json_of(manifest.window.sums)},
          {"counts", manifest.window.counts}}},
        {"files", files},
        {"config", manifest.config},
    };
    json[kDigestKey] = sha256_of(json_text(json));
    return json_text(json, 2) + "\n";
}

Manifest parse_manifest(const std::string& text, const std::string& place) {
    try {
        Json json = Json::parse(text);
        const auto digest = json.at(kDigestKey).get<std::string>();
        json.erase(kDigestKey);
        if (sha256_of(json_text(json)) != digest) {
            throw DataError(
                fmt::format("{}: its content is not what its own SHA-256 says; the file is damaged", place));
        }
        if (const int format = json.at("format").get<int>(); format != kFormat) {
            throw DataError(fmt::format("{}: checkpoint format {} is not known; this Tacit reads format {}", place,
                                        format, kFormat));
        }
        Manifest manifest;
        json.at("step").get_to(manifest.step);
        json.at("epoch").get_to(manifest.epoch);
        json.at("batch").get_to(manifest.batch);
        json.at("seed").get_to(manifest.seed);
        json.at("global_batch").get_to(manifest.global_batch);
        json.at("ranks").get_to(manifest.ranks);
        manifest.threads = json.value("threads", 0);
        json.at("pretext").get_to(manifest.pretext);
        const Json& shape = json.at("shape");
        manifest.shape = {shape.at(0).get<int>(), shape.at(1).get<int>(), shape.at(2).get<int>()};
        json.at("mean").get_to(manifest.mean);
        json.at("std").get_to(manifest.std);
        json.at("config_digest").get_to(manifest.config_digest);
        json.at("data_fingerprint").get_to(manifest.data_fingerprint);
        manifest.pixels_fingerprint = json.value("pixels_fingerprint", "");
        manifest.loss = number_of(json.at("loss"));
        json.at("seconds").get_to(manifest.seconds);
        manifest.skipped = json.value("skipped", std::int64_t{0});
        manifest.window = window_of(json.at("window"));
        for (const Json& file : json.at("files")) {
            manifest.files.push_back({file.at("name").get<std::string>(), file.at("bytes").get<std::int64_t>(),
                                      file.at("sha256").get<std::string>()});
        }
        json.at("config").get_to(manifest.config);
        return manifest;
    } catch (const nlohmann::json::exception& error) {
        throw DataError(fmt::format("{}: not a checkpoint manifest: {}", place, json_fault(error)));
    }
}

} // namespace tacit::train
