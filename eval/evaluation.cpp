// SPDX-License-Identifier: Apache-2.0
#include "eval/evaluation.hpp"

#include "eval/features/feature_rows.hpp"
#include "eval/picture_files.hpp"
#include "eval/results/baselines.hpp"
#include "pipeline/base/digest.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/train/train_config.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>

namespace tacit::eval {

Evaluation::Evaluation(train::LoadedRun& run, const EvalConfig& config, dist::Communicator& comm, std::string command)
    : run_(run), config_(config), comm_(comm), command_(std::move(command)), store_(run, config, comm) {
    if (run.comm->size() != 1) {
        throw std::logic_error("Evaluation: load the run with a self communicator");
    }
}

const std::string& Evaluation::fresh_weights_digest() {
    if (fresh_digest_.empty()) {
        fresh_digest_ = weights_digest(*make_fresh_backbone(run_, config_.seed));
    }
    return fresh_digest_;
}

std::string Evaluation::baseline_key(const std::string& row, const EvalResult& result, const Protocol& protocol) {
    const FeatureOptions format = store_.images();
    const std::string network = row == kPixels ? "none" : fresh_weights_digest();
    std::string settings = protocol.baseline_settings();
    for (const ScoreInfo& score : result.scores) { // a row with other scores is another row
        settings += score.name == accuracy_info().name ? "" : " " + score.name;
    }
    std::string key = sha256_of(fmt::format("{}|{} {}{}{}|{}|{}|{}|{}|{}|{}", row, result.protocol, result.measure,
                                            settings.empty() ? "" : " ", settings, content_digest(store_.train()),
                                            content_digest(store_.test()), format.size, fmt::join(format.mean, ","),
                                            fmt::join(format.std, ","), network));
    // Ranks on unlike machines may initialise a network with other last bits; rank 0 decides for all.
    comm_.broadcast(key, 0);
    return key;
}

void Evaluation::note(EvalResult& result, const std::vector<std::string>& notes) {
    for (const std::string& text : notes) {
        if (comm_.rank() == 0) {
            log::warning(text);
        }
        result.notes.push_back(text);
    }
}

/// Counts images without a row (data.on_bad_sample: skip) out of those that judge, and says so.
void Evaluation::note_left_out(EvalResult& result) {
    const auto note_split = [&](const std::string& split) {
        const Features& features = store_.features(kPretrained, split);
        if (!features.left_out.empty()) {
            note(result, {fmt::format("split '{}' of {}: {} of {} images cannot be used and are left out, image {} "
                                      "first (data.on_bad_sample: skip)",
                                      split, run_.data.source.path, features.left_out.size(),
                                      store_.split(split).info().size, features.left_out.front())});
        }
    };
    for (const std::string& split : {run_.data.train, run_.data.test}) {
        store_.features(kPretrained, split);
    }
    for (const std::string& split : store_.splits_with_features(kPretrained)) {
        note_split(split);
    }
    const at::Tensor& labels = store_.features(kPretrained, run_.data.test).labels;
    result.test_images = sum_over_ranks(labels.ge(0).sum().item<std::int64_t>(), comm_);
}

/// Steps of the whole training, 0 where they cannot be told: only the data that it runs on tell how many an epoch has.
std::int64_t Evaluation::planned_steps() {
    const train::TrainConfig config = train::read_train(run_.document.root().section("train"));
    if (config.max_steps > 0) {
        return config.max_steps;
    }
    return store_.own_data() ? config.epochs * (store_.train().info().size / config.batch) : 0;
}

EvalResult Evaluation::begun(const ProtocolEntry& entry, const Protocol& protocol) {
    EvalResult result;
    result.protocol = entry.name;
    result.scores = entry.scores;
    result.run = run_.name;
    result.pretext = run_.pretext_name;
    result.checkpoint = run_.checkpoint;
    result.step = run_.manifest.step;
    result.steps = planned_steps();
    result.data = run_.data.source.path;
    result.data_digest = sha256_of(content_digest(store_.train()) + content_digest(store_.test()));
    note(result, protocol.notes(store_));
    result.measure = protocol.measure(store_);
    const std::vector<std::int32_t>& labels = store_.test().labels();
    result.test_images = std::count_if(labels.begin(), labels.end(), [](std::int32_t label) { return label >= 0; });
    result.command = command_;
    result.directory = std::filesystem::current_path().string();
    if (const std::string unfinished = unfinished_text(result); !unfinished.empty()) {
        log::info(fmt::format("{}: {}", run_.name, unfinished));
    }
    if (const std::string outlook = protocol.outlook(store_); !outlook.empty()) {
        log::info(outlook);
    }
    return result;
}

EvalResult Evaluation::judge(const ProtocolEntry& entry, Protocol& protocol) {
    EvalResult result = begun(entry, protocol);
    const auto begin = std::chrono::steady_clock::now();
    std::map<std::string, std::string> keys; // of the baselines
    std::map<std::string, ResultRow> rows;
    std::vector<std::string> unknown;
    for (const std::string& subject : protocol.subjects()) {
        if (subject != kPretrained) {
            keys[subject] = baseline_key(subject, result, protocol);
            if (const auto known = find_baseline(run_.folder, result.protocol, subject, keys[subject], comm_)) {
                rows[subject] = *known;
                continue;
            }
        }
        unknown.push_back(subject);
    }
    std::vector<ResultRow> judged = protocol.judge(unknown, store_, comm_);
    for (std::size_t i = 0; i < unknown.size(); ++i) {
        rows[unknown[i]] = std::move(judged.at(i));
    }
    for (const std::string& subject : protocol.subjects()) {
        ResultRow& row = rows[subject];
        if (const auto key = keys.find(subject); key != keys.end()) {
            row.details["key"] = key->second;
        }
        result.rows.push_back(std::move(row));
    }
    if (run_.data.on_bad_sample == loader::OnBadSample::skip) {
        note_left_out(result);
    }
    result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    if (comm_.rank() == 0) {
        write_result(run_.folder, result, store_.own_data());
    }
    comm_.barrier();
    return result;
}

std::string Evaluation::embed(const std::string& split_name) {
    store_.features(kPretrained, split_name);
    return store_.path(split_name);
}

bool Evaluation::pictures() {
    if (!store_.own_data()) {
        return false;
    }
    const Features found = on_rank_0(store_.features(kPretrained, run_.data.test), comm_);
    if (comm_.rank() == 0) {
        const shards::Dataset& test = store_.test();
        write_map(run_.folder, found, test.info().classes, run_.checkpoint, command_, config_.pictures);
        if (run_.shape.channels == 1 || run_.shape.channels == 3) {
            write_neighbours(run_.folder, found, test, run_.checkpoint, run_.shape.height, config_.pictures);
        }
    }
    comm_.barrier();
    return true;
}

} // namespace tacit::eval
