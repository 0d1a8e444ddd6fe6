// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/run/run_folder.hpp"

#include "augment/geometry/permutations.hpp"
#include "models/pretext/pretext.hpp"
#include "models/weights/safetensors.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/train/machine/agreement.hpp"
#include "pipeline/train/state/checkpoint.hpp"
#include "pipeline/train/state/model_state.hpp"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <charconv>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace tacit::train {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail_no_checkpoint(const std::string& folder, const std::string& wanted) {
    const std::vector<std::string> names = list_checkpoints(folder);
    throw Error(fmt::format("no usable checkpoint '{}' in {}; {}", wanted, folder,
                            names.empty() ? "there are none" : fmt::format("there are: {}", fmt::join(names, ", "))));
}

/// Lowest loss among the checkpoints that verify.
std::optional<ValidCheckpoint> best_checkpoint(const std::string& folder) {
    std::vector<std::pair<double, std::string>> by_loss;
    for (const std::string& name : list_checkpoints(folder)) {
        const CheckpointPaths paths(folder + "/" + name);
        try {
            by_loss.emplace_back(parse_manifest(read_file(paths.manifest()), paths.manifest()).loss, paths.folder);
        } catch (const Error& error) {
            log::warning(fmt::format("passing over a damaged checkpoint: {}", error.what()));
        }
    }
    std::stable_sort(by_loss.begin(), by_loss.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    for (const auto& [loss, path] : by_loss) {
        try {
            return ValidCheckpoint{path, verify_checkpoint(path)};
        } catch (const Error& error) {
            log::warning(fmt::format("passing over a damaged checkpoint: {}", error.what()));
        }
    }
    return std::nullopt;
}

ValidCheckpoint pick_checkpoint(const std::string& folder, const std::string& wanted) {
    if (wanted == "last" || wanted == "best") {
        auto found = wanted == "last" ? newest_valid_checkpoint(folder) : best_checkpoint(folder);
        if (!found) {
            fail_no_checkpoint(folder, wanted);
        }
        return *std::move(found);
    }
    std::int64_t step = 0;
    const char* end = wanted.data() + wanted.size();
    const auto parsed = std::from_chars(wanted.data(), end, step);
    if (parsed.ec != std::errc() || parsed.ptr != end) {
        throw ConfigError(fmt::format("--checkpoint '{}': say last, best or a step number, such as one that {} holds",
                                      wanted, folder));
    }
    const std::string path = folder + "/" + checkpoint_name(step);
    if (!fs::exists(path)) {
        fail_no_checkpoint(folder, wanted);
    }
    return {path, verify_checkpoint(path)};
}

/// The config of a run folder may have been changed since the checkpoint was written; what shaped the weights may not.
void check_config(const std::string& path, const std::string& text, const Manifest& manifest) {
    Settings saved = manifest.config;
    Settings found = flat_settings(text, path);
    std::erase_if(saved, [](const auto& entry) { return entry.first == "data.order"; });   // not of the file
    std::erase_if(found, [&](const auto& entry) { return !saved.contains(entry.first); }); // younger than the weights
    const std::vector<std::string> differences = conflicts(saved, found, {});
    if (!differences.empty()) {
        throw DataError(fmt::format("{} was changed after the checkpoint was written: {}; put it back", path,
                                    fmt::join(differences, "; ")));
    }
}

struct PickedCheckpoint {
    ValidCheckpoint checkpoint;
    NamedTensors tensors;
};

/// Training that goes on may remove a checkpoint between the choice and the reading: then the choice is made again.
PickedCheckpoint read_checkpoint(const std::string& folder, const std::string& wanted) {
    constexpr int kAttempts = 5;
    for (int attempt = 1;; ++attempt) {
        ValidCheckpoint chosen = pick_checkpoint(folder, wanted);
        try {
            NamedTensors tensors = models::read_safetensors(CheckpointPaths(chosen.path).model()).tensors;
            return {std::move(chosen), std::move(tensors)};
        } catch (const Error&) {
            if (attempt == kAttempts || fs::exists(chosen.path)) {
                throw;
            }
        }
    }
}

} // namespace

void write_permutations(const RunPaths& paths, const augment::Recipe& recipe) {
    for (int view = 0; view < recipe.views(); ++view) {
        if (const augment::PuzzleShape puzzle = recipe.outputs(view).permutation) {
            const auto set = augment::permutation_set(puzzle.tiles, puzzle.count);
            write_file_atomically(paths.permutations(view), augment::permutations_text(set));
        }
    }
}

RunLock::RunLock(const std::string& run_folder) : path_(RunPaths(run_folder).lock()) {
    make_folder(run_folder);
    descriptor_ = open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (descriptor_ < 0) {
        throw IoError(fmt::format("cannot write '{}': {}", path_, errno_text()));
    }
    if (flock(descriptor_, LOCK_EX | LOCK_NB) == 0) {
        return;
    }
    close(descriptor_);
    throw Error(
        fmt::format("another tacit pretrain is writing to {}; wait for it, or choose another run folder", run_folder));
}

RunLock::~RunLock() {
    if (descriptor_ >= 0) {
        close(descriptor_);
    }
}

RunLock::RunLock(RunLock&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

bool RunLock::holds() const {
    struct stat locked {};
    struct stat there {};
    return fstat(descriptor_, &locked) == 0 && stat(path_.c_str(), &there) == 0 && locked.st_ino == there.st_ino &&
           locked.st_dev == there.st_dev;
}

LoadedRun load_run(const std::string& path, const std::string& checkpoint, dist::Communicator& readers,
                   dist::Communicator& comm, const std::function<void(config::Document&)>& adjust) {
    const RunPaths paths(path);
    std::string manifest_text;
    std::string config_text;
    std::string name;
    NamedTensors tensors;
    on_root(readers, [&] {
        if (!fs::exists(paths.config())) {
            throw Error(fmt::format("{} is not a run folder: it has no {}; name what `tacit pretrain` made", path,
                                    RunPaths::kConfig));
        }
        config_text = read_file(paths.config());
        const PickedCheckpoint picked = read_checkpoint(paths.checkpoints(), checkpoint);
        check_config(paths.config(), config_text, picked.checkpoint.manifest);
        tensors = picked.tensors;
        name = fs::path(picked.checkpoint.path).filename();
        manifest_text = manifest_json(picked.checkpoint.manifest);
    });
    for (std::string* text : {&manifest_text, &config_text, &name}) {
        readers.broadcast(*text, 0);
    }
    broadcast_tensors(tensors, readers);
    Manifest manifest = parse_manifest(manifest_text, path);
    config::Document document = config::Document::from_text(config_text, paths.config());
    if (adjust) {
        adjust(document);
    }
    const config::Section root = document.root();
    loader::DataConfig data = loader::read_data(root.section("data"));
    auto pretext = models::make_pretext(root.section("pretext"), root.section("model"), manifest.shape, comm);
    load_model_state(*pretext, tensors);
    pretext->eval();
    return {path,
            fs::path(path).lexically_normal().filename().empty()
                ? fs::path(path).lexically_normal().parent_path().filename()
                : fs::path(path).lexically_normal().filename(),
            name,
            manifest.pretext,
            std::move(document),
            std::move(data),
            manifest.shape,
            manifest.mean,
            manifest.std,
            manifest,
            pretext->evaluated(),
            pretext,
            &comm};
}

std::shared_ptr<models::Backbone> make_fresh_backbone(LoadedRun& run, std::uint64_t seed) {
    torch::manual_seed(seed);
    auto backbone = models::make_backbone(run.document.root().section("model"), run.shape, *run.comm);
    backbone->eval();
    return backbone;
}

std::shared_ptr<models::Backbone> make_fresh_encoder(LoadedRun& run, std::uint64_t seed) {
    auto backbone = make_fresh_backbone(run, seed);
    if (backbone->architecture().name == run.backbone->architecture().name) {
        return backbone;
    }
    const config::Section root = run.document.root();
    const auto pretext = models::make_pretext(root.section("pretext"), root.section("model"), run.shape, *run.comm);
    pretext->eval();
    return pretext->evaluated();
}

} // namespace tacit::train
