// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/normalization.hpp"

#include "pipeline/base/digest.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/json_text.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/progress.hpp"
#include "pipeline/train/machine/agreement.hpp"
#include "pipeline/train/machine/threads.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <exception>
#include <filesystem>
#include <optional>

namespace tacit::train {

namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

constexpr const char* kSealKey = "sha256";             // of the compact dump of all the other fields
constexpr auto kSignOfLife = std::chrono::seconds(30); // well below any sensible dist.timeout

/// What the figures follow from.
Json origin_of(const loader::DataConfig& config, const shards::DatasetInfo& info) {
    return {{"normalize", loader::normalize_name(config.normalize)},
            {"split", info.split},
            {"value_range", info.value_range},
            {"data_fingerprint", info.fingerprint}};
}

/// What write_normalization() wrote; null where `text` is anything else.
Json unsealed(const std::string& text) {
    Json json = Json::parse(text, nullptr, false);
    if (!json.is_object()) {
        return nullptr;
    }
    const Json digest = json.value(kSealKey, Json());
    json.erase(kSealKey);
    return digest == sha256_of(json_text(json)) ? json : Json(nullptr);
}

std::optional<loader::Normalization> read_kept(const std::string& path, const Json& origin, int channels) {
    if (path.empty() || !std::filesystem::exists(path)) {
        return std::nullopt;
    }
    const Json json = unsealed(read_file(path));
    if (json.is_null()) {
        log::warning(fmt::format("{}: is damaged or was changed; the normalisation is measured again", path));
        return std::nullopt;
    }
    loader::Normalization kept;
    json.at("mean").get_to(kept.mean);
    json.at("std").get_to(kept.std);
    const auto expected = static_cast<std::size_t>(channels);
    const bool fits = json.at("of") == origin && kept.mean.size() == expected && kept.std.size() == expected;
    return fits ? std::optional(kept) : std::nullopt;
}

loader::Normalization measure(const loader::DataConfig& config, const shards::Dataset& dataset, int threads,
                              const std::function<void()>& sign_of_life) {
    const auto begin = Clock::now();
    ProgressOptions shown;
    shown.label = "normalize";
    shown.total = dataset.info().size;
    Progress progress(shown);
    const auto made =
        loader::measure_normalization(config, dataset, threads, [&](std::int64_t done, std::int64_t total) {
            progress.set_total(total);
            progress.update(done);
            sign_of_life();
        });
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    log::info(fmt::format("normalisation '{}' measured over {} images of split '{}' in {}: mean {:.4f}, std {:.4f}",
                          loader::normalize_name(config.normalize), dataset.info().size, dataset.info().split,
                          duration_text(seconds), fmt::join(made.mean, " "), fmt::join(made.std, " ")));
    return made;
}

} // namespace

loader::Normalization settle_normalization(const loader::DataConfig& config, const shards::Dataset& dataset,
                                           const std::string& kept, dist::Communicator& comm) {
    const shards::DatasetInfo& info = dataset.info();
    const int threads = cores_of_rank(comm);
    std::string state;
    std::exception_ptr failure;
    loader::Normalization made;
    if (comm.rank() == 0) {
        auto last = Clock::now();
        const auto sign_of_life =
            [&] { // the others wait in a collective, whose timeout must not end a long measurement
                if (Clock::now() - last > kSignOfLife) {
                    state = "busy";
                    comm.broadcast(state, 0);
                    last = Clock::now();
                }
            };
        try {
            auto found = loader::known_normalization(config, info);
            if (!found) {
                found = read_kept(kept, origin_of(config, info), info.channels);
            }
            made = found ? *found : measure(config, dataset, threads, sign_of_life);
        } catch (const std::exception&) {
            failure = std::current_exception();
        }
        state = json_text(Json({{"mean", made.mean}, {"std", made.std}}));
        comm.broadcast(state, 0);
    } else {
        do {
            comm.broadcast(state, 0);
        } while (state == "busy");
    }
    on_root(comm, [&] {
        if (failure) {
            std::rethrow_exception(failure);
        }
    });
    const Json json = Json::parse(state); // every number as it was: JSON keeps all digits of a double
    json.at("mean").get_to(made.mean);
    json.at("std").get_to(made.std);
    return made;
}

void write_normalization(const std::string& path, const loader::Normalization& made, const loader::DataConfig& config,
                         const shards::DatasetInfo& info) {
    Json json = {{"mean", made.mean}, {"std", made.std}, {"of", origin_of(config, info)}};
    json[kSealKey] = sha256_of(json_text(json));
    write_file_atomically(path, json_text(json, 2) + "\n");
}

} // namespace tacit::train
