// SPDX-License-Identifier: Apache-2.0
#include "tests/pipeline/train/tiny_run.hpp"

#include "pipeline/base/digest.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/shards/format/shard_writer.hpp"

#include <cmath>
#include <filesystem>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sstream>

namespace tacit::train {

namespace {

constexpr int kSide = 16;

/// A number in [0, 1) that depends on `image` and `use` alone (golden-ratio sequences).
double fraction(std::int64_t image, int use) {
    const double value = 0.6180339887498949 * static_cast<double>(image * 31 + use * 17 + 1) * (1.0 + 0.37 * use);
    return value - std::floor(value);
}

/// Three waves a channel: the first one's direction is that of the kind, all else differs between images.
std::vector<std::uint8_t> waves(std::int64_t image, int kind) {
    std::vector<std::uint8_t> pixels;
    for (int y = 0; y < kSide; ++y) {
        for (int x = 0; x < kSide; ++x) {
            for (int c = 0; c < 3; ++c) {
                double value = 128;
                for (int wave = 0; wave < 3; ++wave) {
                    const int use = 4 * (3 * c + wave);
                    const double angle = wave == 0 ? 0.8 * kind : 6.28 * fraction(image, use);
                    const double frequency = 0.3 + 1.2 * fraction(image, use + 1);
                    const double phase = 6.28 * fraction(image, use + 2);
                    value += 40 * std::sin(frequency * (x * std::cos(angle) + y * std::sin(angle)) + phase);
                }
                pixels.push_back(static_cast<std::uint8_t>(value));
            }
        }
    }
    return pixels;
}

} // namespace

void write_tiny_shards(const std::string& folder, std::int64_t images, int first_label) {
    std::filesystem::create_directories(folder);
    shards::SplitDescription description;
    description.split = "train";
    description.shape = {kSide, kSide, 3};
    description.classes = {"a", "b", "c", "d"};
    description.source = "waves";
    shards::ShardWriter writer(folder, description);
    for (std::int64_t image = 0; image < images; ++image) {
        const int kind = static_cast<int>(image % 4);
        const std::vector<std::uint8_t> pixels = waves(image, kind);
        writer.add(pixels, crc32c(pixels.data(), pixels.size()), image == 0 ? first_label : kind,
                   static_cast<std::uint64_t>(image));
    }
    writer.seal({0.5, 0.5, 0.5}, {0.28, 0.28, 0.28});
}

config::Document tiny_config(const std::string& data, const std::string& pretext,
                             const std::vector<std::string>& changes) {
    const char* norm = pretext == "contractive_autoencoder" ? "group" : "batch"; // through which an image sees others
    auto document =
        config::Document::from_text(fmt::format("data: {{path: {}, workers: 1}}\n"
                                                "model: {{backbone: convnet, width: 4, norm: {}}}\n"
                                                "pretext: {{name: {}}}\n"
                                                "optim: {{lr: 0.02, warmup_epochs: 0.5}}\n"
                                                "train: {{epochs: 4, batch: 16, threads: 1, log_every: 3}}\n"
                                                "checkpoint: {{every_steps: 5, keep: 3}}\n",
                                                data, norm, pretext),
                                    "tiny.yaml");
    for (const std::string& change : changes) {
        document.set(change);
    }
    return document;
}

std::string metrics_without_timing(const std::string& run_folder) {
    std::istringstream lines(read_file(run_folder + "/metrics.jsonl"));
    std::string kept;
    for (std::string line; std::getline(lines, line);) {
        auto json = nlohmann::ordered_json::parse(line);
        for (const char* timing : {"images_per_second", "data_wait", "seconds"}) {
            json.erase(timing);
        }
        kept += json.dump() + "\n";
    }
    return kept;
}

} // namespace tacit::train
