// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/state/checkpoint.hpp"

#include "models/weights/safetensors.hpp"
#include "pipeline/base/digest.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/reason.hpp"
#include "pipeline/train/run/run_paths.hpp"
#include "pipeline/train/state/model_state.hpp"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <utility>

namespace tacit::train {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kPrefix = "step-";
constexpr std::string_view kUnfinished = ".tmp";
constexpr std::string_view kRejected = ".rejected";

bool is_checkpoint_name(const std::string& name) {
    return name.size() > kPrefix.size() && name.starts_with(kPrefix) &&
           std::all_of(name.begin() + kPrefix.size(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// Whether checkpoint `a` is of a later step than `b`; steps of nine digits have longer names.
bool is_later(const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() > b.size() : a > b;
}

/// Names; what cannot be listed is left out.
std::vector<std::string> folders_in(const std::string& folder) {
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator entry(folder, error); !error && entry != fs::directory_iterator();
         entry.increment(error)) {
        std::error_code unknown;
        if (entry->is_directory(unknown)) {
            names.push_back(entry->path().filename());
        }
    }
    return names;
}

/// Out of the way of good checkpoints, and kept for a person to look at.
void set_aside(const std::string& folder, const std::string& name) {
    const std::string path = folder + "/" + name;
    const std::string aside = path + std::string(kRejected);
    std::error_code error;
    fs::remove_all(aside, error);
    fs::rename(path, aside, error);
    if (error) {
        log::warning(fmt::format("cannot rename the checkpoint {}, which was passed over: {}; remove it", path,
                                 error.message()));
    } else {
        log::warning(
            fmt::format("{} was passed over when the run resumed; it is renamed to {}{}", path, name, kRejected));
    }
}

void remove(const std::string& folder, const std::string& name) {
    std::error_code error;
    fs::remove_all(folder + "/" + name, error);
    if (error) {
        log::warning(fmt::format("cannot remove the old checkpoint {}/{}: {}", folder, name, error.message()));
    }
}

void remove_unfinished(const std::string& folder, const std::string& but = "") {
    for (const std::string& name : folders_in(folder)) {
        if (name.ends_with(kUnfinished) && name != but) {
            remove(folder, name);
        }
    }
}

void write_files(const std::string& folder, Manifest& manifest, const NamedTensors& model,
                 const NamedTensors& optimizer, const std::function<void()>& before_each) {
    fs::create_directories(folder);
    manifest.files.clear();
    for (const auto& [name, tensors] :
         {std::pair(CheckpointPaths::kModel, &model), std::pair(CheckpointPaths::kOptimizer, &optimizer)}) {
        const models::WrittenFile written = models::write_safetensors(folder + "/" + name, *tensors, {}, before_each);
        manifest.files.push_back({name, written.bytes, written.sha256});
    }
    write_file_atomically(CheckpointPaths(folder).manifest(), manifest_json(manifest));
    fsync_path(folder);
}

void verify_file(const std::string& folder, const CheckpointFile& expected) {
    const std::string path = folder + "/" + expected.name;
    std::error_code error;
    const auto bytes = fs::file_size(path, error);
    if (error) {
        throw DataError(fmt::format("{}: {}", path, error.message()));
    }
    if (static_cast<std::int64_t>(bytes) != expected.bytes) {
        throw DataError(fmt::format("{}: has {} bytes, the manifest says {}", path, bytes, expected.bytes));
    }
    if (sha256_of_file(path) != expected.sha256) {
        throw DataError(fmt::format("{}: its SHA-256 is not the manifest's; the file is damaged", path));
    }
}

/// An earlier Tacit wrote checkpoints of runs that had diverged.
void verify_weights(const std::string& path) {
    try {
        require_finite(models::read_safetensors(path).tensors, "weights and buffers");
    } catch (const NotFiniteError& error) {
        throw DataError(
            fmt::format("{}: {}: the run had diverged before; use an earlier checkpoint", path, error.what()));
    }
}

} // namespace

std::string checkpoint_name(std::int64_t step) {
    return fmt::format("{}{:08d}", kPrefix, step);
}

void stage_checkpoint(const std::string& folder, Manifest manifest, const NamedTensors& model,
                      const NamedTensors& optimizer, const std::function<void()>& before_each) {
    require_finite(model, "weights and buffers");
    require_finite(optimizer, "tensors of the optimiser");
    const std::string path = folder + "/" + checkpoint_name(manifest.step);
    const std::string unfinished = path + std::string(kUnfinished);
    try {
        fs::remove_all(unfinished);
        write_files(unfinished, manifest, model, optimizer, before_each);
        remove_unfinished(folder, checkpoint_name(manifest.step) + std::string(kUnfinished));
    } catch (const std::exception& error) {
        std::error_code ignored;
        fs::remove_all(unfinished, ignored);
        throw IoError(fmt::format("checkpoint {} was not written: {}", path, reason_of(error)));
    }
}

std::string publish_checkpoint(const std::string& folder, std::int64_t step) {
    const std::string name = checkpoint_name(step);
    const std::string path = folder + "/" + name;
    try {
        fs::remove_all(path); // a damaged one that this run skipped when it resumed
        rename_durably(path + std::string(kUnfinished), path);
        write_file_atomically(folder + "/latest", name + "\n");
    } catch (const std::exception& error) {
        throw IoError(fmt::format("checkpoint {} was not written: {}", path, reason_of(error)));
    }
    return path;
}

bool is_staged(const std::string& folder, std::int64_t step) {
    std::error_code error;
    return fs::exists(CheckpointPaths(folder + "/" + checkpoint_name(step) + std::string(kUnfinished)).manifest(),
                      error);
}

std::vector<std::string> list_checkpoints(const std::string& folder) {
    std::vector<std::string> names = folders_in(folder);
    std::erase_if(names, [](const std::string& name) { return !is_checkpoint_name(name); });
    std::sort(names.begin(), names.end(), is_later);
    return names;
}

Manifest verify_checkpoint(const std::string& path) {
    const CheckpointPaths paths(path);
    const std::string manifest_path = paths.manifest();
    Manifest manifest = parse_manifest(read_file(manifest_path), manifest_path);
    for (const char* name : {CheckpointPaths::kModel, CheckpointPaths::kOptimizer}) {
        if (std::none_of(manifest.files.begin(), manifest.files.end(), [&](const auto& f) { return f.name == name; })) {
            throw DataError(fmt::format("{}: does not name {}", manifest_path, name));
        }
    }
    for (const CheckpointFile& file : manifest.files) {
        verify_file(path, file);
    }
    verify_weights(paths.model());
    return manifest;
}

std::optional<ValidCheckpoint> newest_valid_checkpoint(const std::string& folder) {
    for (const std::string& name : list_checkpoints(folder)) {
        const std::string path = folder + "/" + name;
        try {
            return ValidCheckpoint{path, verify_checkpoint(path)};
        } catch (const Error& error) {
            log::warning(fmt::format("passing over a damaged checkpoint: {}", error.what()));
        }
    }
    return std::nullopt;
}

void prune_checkpoints(const std::string& folder, std::int64_t keep, std::int64_t written) {
    const std::vector<std::string> names = list_checkpoints(folder);
    const auto first_kept = std::find_if(
        names.begin(), names.end(), [&](const std::string& name) { return !is_later(name, checkpoint_name(written)); });
    for (auto name = names.begin(); name != first_kept; ++name) {
        set_aside(folder, *name);
    }
    const auto kept = std::min<std::ptrdiff_t>(std::max<std::int64_t>(1, keep), names.end() - first_kept);
    for (auto name = first_kept + kept; name != names.end(); ++name) {
        remove(folder, *name);
    }
    remove_unfinished(folder);
}

} // namespace tacit::train
