// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/state/resume.hpp"

#include "models/weights/safetensors.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/shell.hpp"
#include "pipeline/train/machine/agreement.hpp"
#include "pipeline/train/state/model_state.hpp"

#include <ATen/Parallel.h>
#include <torch/types.h>

#include <filesystem>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace tacit::train {

namespace {

namespace fs = std::filesystem;

ValidCheckpoint named_checkpoint(const std::string& path) {
    if (fs::exists(CheckpointPaths(path).manifest())) {
        return {path, verify_checkpoint(path)};
    }
    if (auto newest = newest_valid_checkpoint(RunPaths(path).checkpoints())) {
        return *newest;
    }
    throw ConfigError(fmt::format("--resume {}: neither a checkpoint nor a run folder with a whole one; name a run "
                                  "folder, one of its checkpoints, auto or never",
                                  path));
}

void refuse_to_overtake(const ValidCheckpoint& chosen, const std::string& folder) {
    for (const std::string& name : list_checkpoints(folder)) {
        if (name > checkpoint_name(chosen.manifest.step)) {
            throw ConfigError(fmt::format("--resume {}: {} already holds the later checkpoint {}; choose another run "
                                          "folder, or remove what is later",
                                          chosen.path, folder, name));
        }
    }
}

std::optional<ValidCheckpoint> choose(const std::string& choice, const std::string& folder) {
    if (choice == "auto") {
        auto newest = newest_valid_checkpoint(folder);
        if (const std::size_t count = list_checkpoints(folder).size(); !newest && count > 0) {
            log::warning(fmt::format("NONE of the {} checkpoint{} in {} can be used (see above): training starts from "
                                     "step 0; stop it now to mend or remove them first",
                                     count, count == 1 ? "" : "s", folder));
        }
        return newest;
    }
    if (choice == "never") {
        if (!list_checkpoints(folder).empty()) {
            throw ConfigError(fmt::format("--resume never: {} holds checkpoints, which a new start would overwrite; "
                                          "choose another run folder, or remove it",
                                          folder));
        }
        return std::nullopt;
    }
    const ValidCheckpoint chosen = named_checkpoint(choice);
    refuse_to_overtake(chosen, folder);
    return chosen;
}

/// No pretext looks at labels, so that they may change; older checkpoints do not tell images and labels apart.
void check_data(const ValidCheckpoint& chosen, const Experiment& experiment) {
    const shards::DatasetInfo& info = experiment.dataset->info();
    const Manifest& before = chosen.manifest;
    if (before.data_fingerprint == info.fingerprint) {
        return;
    }
    if (before.pixels_fingerprint != info.pixels_fingerprint) {
        throw ConfigError(
            fmt::format("cannot resume {}: it was trained on other images, or another order of them "
                        "(fingerprint {:.12}), than {} holds in split '{}' ({:.12}); give the data that it "
                        "was trained on, or start in another run folder",
                        chosen.path, before.data_fingerprint, info.path, info.split, info.fingerprint));
    }
    log::warning(fmt::format("{}: the labels of split '{}' are not those that {} began with; training does not use "
                             "labels and goes on",
                             info.path, info.split, chosen.path));
}

void check_fits(const ValidCheckpoint& chosen, const Experiment& experiment) {
    const std::vector<std::string> differences =
        conflicts(chosen.manifest.config, experiment.settings, experiment.defaults);
    if (!differences.empty()) {
        throw ConfigError(
            fmt::format("cannot resume {}: {}; start in another run folder, or give what the checkpoint "
                        "has (free to change: data.path, data.labels, data.workers, data.slots, "
                        "data.stage, data.on_bad_sample, data.max_bad_samples, train.threads, "
                        "train.log_every, train.device, dist, checkpoint, eval, report; train.epochs "
                        "and train.max_steps only where no schedule is cosine or linear; data.order follows from "
                        "data.shuffle, data.window, data.lanes and how the images are stored)",
                        chosen.path, fmt::join(differences, "; ")));
    }
    check_data(chosen, experiment);
}

/// The last bits of a sum depend on how many threads and ranks share it.
void adopt_threads(Experiment& experiment, const Manifest& manifest, const dist::Communicator& comm) {
    const bool root = comm.rank() == 0;
    if (root && manifest.ranks != comm.size()) {
        log::warning(fmt::format("{} ranks go on with what {} trained: sums are rounded otherwise, so the end is not "
                                 "bit by bit that of a run never stopped (about 1e-4)",
                                 comm.size(), manifest.ranks));
    }
    if (manifest.threads == 0 || manifest.threads == experiment.threads || manifest.ranks != comm.size()) {
        return;
    }
    if (experiment.train.threads > 0) {
        if (root) {
            log::warning(fmt::format("train.threads is {}, the checkpoint was trained with {}: sums are rounded "
                                     "otherwise, so the end is not bit by bit that of a run never stopped (about 1e-4)",
                                     experiment.threads, manifest.threads));
        }
        return;
    }
    if (root) {
        log::info(fmt::format("{} thread{} a rank, as the checkpoint was trained with (this machine would give {}); "
                              "train.threads chooses otherwise",
                              manifest.threads, manifest.threads == 1 ? "" : "s", experiment.threads));
    }
    experiment.threads = manifest.threads;
    at::set_num_threads(experiment.threads);
}

/// normalization.json is no part of a checkpoint, which holds the figures that its weights were trained with.
void adopt_normalization(Experiment& experiment, const Manifest& manifest, const dist::Communicator& comm) {
    InputFormat& format = experiment.format;
    if (format.mean == manifest.mean && format.std == manifest.std) {
        return;
    }
    if (comm.rank() == 0) {
        log::warning(
            fmt::format("the checkpoint was trained with mean {} and std {}, not with mean {} and std {}, which "
                        "were found now; the checkpoint's are used",
                        fmt::join(manifest.mean, " "), fmt::join(manifest.std, " "), fmt::join(format.mean, " "),
                        fmt::join(format.std, " ")));
    }
    format.mean = manifest.mean;
    format.std = manifest.std;
}

} // namespace

std::string finished_text(const std::string& folder, std::int64_t step, const Experiment& experiment) {
    return fmt::format("{} is finished: {} of {} steps; nothing is left to train: judge it (tacit probe {}), or train "
                       "longer {}",
                       folder, step, experiment.total_steps, shell_line({folder}),
                       experiment.optim.schedule == "constant" ? "(a larger train.epochs or train.max_steps goes on)"
                                                               : "into another run folder (--run FOLDER)");
}

std::int64_t check_resume(const Experiment& experiment, const std::string& choice, const RunPaths& paths,
                          dist::Communicator& comm) {
    at::Tensor step = torch::zeros({1}, torch::kInt64);
    on_root(comm, [&] {
        if (const auto chosen = choose(choice, paths.checkpoints())) {
            check_fits(*chosen, experiment);
            step.fill_(chosen->manifest.step);
            if (chosen->manifest.step < experiment.total_steps) {
                log::info(
                    fmt::format("{} would go on from {}", paths.folder, fs::path(chosen->path).filename().string()));
            }
        }
    });
    comm.broadcast(step, 0);
    return step.item<std::int64_t>();
}

Manifest manifest_of(const Experiment& experiment, const dist::Communicator& comm) {
    Manifest manifest;
    manifest.seed = experiment.train.seed;
    manifest.global_batch = experiment.train.batch;
    manifest.ranks = comm.size();
    manifest.threads = experiment.threads;
    manifest.pretext = experiment.pretext_name;
    manifest.shape = experiment.recipe->output();
    manifest.mean = experiment.format.mean;
    manifest.std = experiment.format.std;
    manifest.config = experiment.settings;
    manifest.config_digest = settings_digest(experiment.settings);
    manifest.data_fingerprint = experiment.dataset->info().fingerprint;
    manifest.pixels_fingerprint = experiment.dataset->info().pixels_fingerprint;
    return manifest;
}

std::optional<Manifest> resume(Experiment& experiment, Trainer& trainer, const std::string& choice,
                               const RunPaths& paths, dist::Communicator& comm) {
    std::string manifest_text;
    NamedTensors model;
    NamedTensors optimizer;
    on_root(comm, [&] {
        const auto chosen = choose(choice, paths.checkpoints());
        if (!chosen) {
            return;
        }
        check_fits(*chosen, experiment);
        const CheckpointPaths files(chosen->path);
        model = models::read_safetensors(files.model()).tensors;
        optimizer = models::read_safetensors(files.optimizer()).tensors;
        manifest_text = manifest_json(chosen->manifest);
        log::info(
            fmt::format("resuming {} at step {} of {}", chosen->path, chosen->manifest.step, experiment.total_steps));
    });
    comm.broadcast(manifest_text, 0);
    if (manifest_text.empty()) {
        return std::nullopt;
    }
    Manifest manifest = parse_manifest(manifest_text, "the manifest from rank 0");
    broadcast_tensors(model, comm);
    broadcast_tensors(optimizer, comm);
    load_model_state(*experiment.pretext, model);
    trainer.optimizer().load_state(optimizer);
    trainer.seek(manifest.step, manifest.skipped);
    adopt_threads(experiment, manifest, comm);
    adopt_normalization(experiment, manifest, comm);
    return manifest;
}

} // namespace tacit::train
