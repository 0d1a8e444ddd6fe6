// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/checkpoint.hpp"

#include "models/weights/safetensors.hpp"
#include "pipeline/base/digest.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/train/model_state.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fmt/format.h>

namespace tacit::train {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kPrefix = "step-";
constexpr std::string_view kUnfinished = ".tmp";
constexpr std::array kRequiredFiles = {"model.safetensors", "optimizer.safetensors"};

bool is_checkpoint_name(const std::string& name) {
    return name.size() > kPrefix.size() && name.starts_with(kPrefix) &&
           std::all_of(name.begin() + kPrefix.size(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

CheckpointFile describe_file(const std::string& folder, const std::string& name) {
    const std::string path = folder + "/" + name;
    return {name, static_cast<std::int64_t>(fs::file_size(path)), sha256_of_file(path)};
}

void write_files(const std::string& folder, Manifest& manifest, const NamedTensors& model,
                 const NamedTensors& optimizer) {
    fs::create_directories(folder);
    models::write_safetensors(folder + "/model.safetensors", model);
    models::write_safetensors(folder + "/optimizer.safetensors", optimizer);
    manifest.files.clear();
    for (const char* name : kRequiredFiles)
        manifest.files.push_back(describe_file(folder, name));
    write_file_atomically(folder + "/manifest.json", manifest_json(manifest));
    fsync_path(folder);
}

void verify_file(const std::string& folder, const CheckpointFile& expected) {
    const std::string path = folder + "/" + expected.name;
    std::error_code error;
    const auto bytes = fs::file_size(path, error);
    if (error)
        throw DataError(fmt::format("{}: {}", path, error.message()));
    if (static_cast<std::int64_t>(bytes) != expected.bytes)
        throw DataError(fmt::format("{}: has {} bytes, the manifest says {}", path, bytes, expected.bytes));
    if (sha256_of_file(path) != expected.sha256)
        throw DataError(fmt::format("{}: its SHA-256 is not the manifest's; the file is damaged", path));
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

std::string write_checkpoint(const std::string& folder, Manifest manifest, const NamedTensors& model,
                             const NamedTensors& optimizer) {
    require_finite(model, "weights and buffers");
    require_finite(optimizer, "tensors of the optimiser");
    const std::string name = checkpoint_name(manifest.step);
    const std::string path = folder + "/" + name;
    const std::string unfinished = path + std::string(kUnfinished);
    try {
        fs::remove_all(unfinished);
        write_files(unfinished, manifest, model, optimizer);
        fs::remove_all(path); // a damaged one that this run skipped when it resumed
        rename_durably(unfinished, path);
        write_file_atomically(folder + "/latest", name + "\n");
    } catch (const std::exception& error) {
        std::error_code ignored;
        fs::remove_all(unfinished, ignored);
        throw IoError(fmt::format("checkpoint {} was not written: {}", path, error.what()));
    }
    return path;
}

std::vector<std::string> list_checkpoints(const std::string& folder) {
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error))
        if (const std::string name = entry.path().filename(); entry.is_directory() && is_checkpoint_name(name))
            names.push_back(name);
    std::sort(names.begin(), names.end(), [](const std::string& a, const std::string& b) {
        return a.size() != b.size() ? a.size() > b.size() : a > b;
    });
    return names;
}

Manifest verify_checkpoint(const std::string& path) {
    const std::string manifest_path = path + "/manifest.json";
    Manifest manifest = parse_manifest(read_file(manifest_path), manifest_path);
    for (const char* name : kRequiredFiles)
        if (std::none_of(manifest.files.begin(), manifest.files.end(), [&](const auto& f) { return f.name == name; }))
            throw DataError(fmt::format("{}: does not name {}", manifest_path, name));
    for (const CheckpointFile& file : manifest.files)
        verify_file(path, file);
    verify_weights(path + "/model.safetensors");
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

void prune_checkpoints(const std::string& folder, std::int64_t keep) {
    const std::vector<std::string> names = list_checkpoints(folder);
    std::vector<fs::path> doomed;
    for (std::size_t i = static_cast<std::size_t>(std::max<std::int64_t>(1, keep)); i < names.size(); ++i)
        doomed.emplace_back(folder + "/" + names[i]);
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error))
        if (entry.is_directory() && entry.path().extension() == kUnfinished)
            doomed.push_back(entry.path());
    for (const fs::path& path : doomed) {
        fs::remove_all(path, error);
        if (error)
            log::warning(fmt::format("cannot remove the old checkpoint {}: {}", path.string(), error.message()));
    }
}

} // namespace tacit::train
