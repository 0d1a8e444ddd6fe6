// SPDX-License-Identifier: Apache-2.0
#include "eval/solvers/finetune.hpp"

#include "eval/solvers/finetune_trainer.hpp"
#include "eval/solvers/label_draw.hpp"
#include "eval/split_labels.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/progress.hpp"

#include <torch/types.h>
#include <torch/utils.h>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <numeric>

namespace tacit::eval {

namespace {

bool is_own(std::size_t cell, const dist::Communicator& comm) {
    return static_cast<int>(cell % static_cast<std::size_t>(comm.size())) == comm.rank();
}

std::int64_t own_passes(const FinetuneTrainer& trainer, const std::vector<Cell>& cells,
                        const dist::Communicator& comm) {
    std::int64_t passes = 0;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        passes += is_own(i, comm) ? trainer.passes(cells[i]) : 0;
    }
    return passes;
}

/// Trains cells and says how far this rank's share of them has come: a sign of life for people and for other ranks.
class CellRunner {
  public:
    CellRunner(const std::vector<FinetuneRow>& rows, const FinetuneTrainer& trainer, const FinetuneOptions& options,
               std::int64_t passes, dist::Communicator& comm)
        : rows_(rows), trainer_(trainer), options_(options), comm_(comm), passes_(passes),
          progress_(progress_options(passes)) {}

    /// Collective: accuracy of every cell, computed by the ranks in turn, known to all.
    std::vector<double> run(const std::vector<Cell>& cells) {
        at::Tensor accuracy = torch::zeros({static_cast<std::int64_t>(cells.size())}, torch::kFloat64);
        for (std::size_t i = 0; i < cells.size(); ++i) {
            if (is_own(i, comm_)) {
                accuracy[static_cast<std::int64_t>(i)] = train(cells[i]);
            }
        }
        comm_.all_reduce_sum(accuracy);
        const double* begin = accuracy.const_data_ptr<double>();
        return {begin, begin + accuracy.numel()};
    }
    void finish() { progress_.finish(); }

  private:
    static ProgressOptions progress_options(std::int64_t passes) {
        ProgressOptions options;
        options.label = "fine-tune";
        options.unit = "passes";
        options.total = passes;
        return options;
    }

    double train(const Cell& cell) {
        const std::string draw = cell.selection ? fmt::format("to choose lr, draw {}", cell.draw + 1)
                                                : fmt::format("draw {}/{}", cell.draw + 1, options_.draws);
        return trainer_.run(cell, [&](std::int64_t passes, std::int64_t epoch) {
            comm_.sign_of_life();
            done_ += passes;
            tell_duration();
            progress_.update(done_, {{rows_[cell.row].name + ",", draw},
                                     {epoch > 0 ? "epoch" : "judged at the end of epoch",
                                      fmt::format("{}/{}", epoch > 0 ? epoch : options_.epochs, options_.epochs)},
                                     {"lr", fmt::format("{:g}", cell.lr)}});
        });
    }

    /// Says once, as soon as the rate is known, how long all will take.
    void tell_duration() {
        constexpr double kSettled = 3; // seconds
        const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
        if (told_ || seconds < kSettled) {
            return;
        }
        told_ = true;
        const double whole = seconds * static_cast<double>(passes_) / static_cast<double>(done_);
        log::info("fine-tune: about " + duration_text(whole) + " in all");
    }

    const std::vector<FinetuneRow>& rows_;
    const FinetuneTrainer& trainer_;
    const FinetuneOptions& options_;
    dist::Communicator& comm_;
    std::int64_t passes_;
    Progress progress_;
    std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
    std::int64_t done_ = 0;
    bool told_ = false;
};

std::int64_t selection_draws(const FinetuneOptions& options) {
    return std::min(options.selection_draws, options.draws);
}

struct ChosenRate {
    double lr = 0;
    double accuracy = 0; ///< on the held-out labels, mean over the selection draws; 0 if there was nothing to choose
};

/// Cells that choose the learning rate of each row; none where there is one rate only. Those of one row and rate are
/// neighbours.
std::vector<Cell> selection_cells(const FinetuneTrainer& trainer, std::size_t rows, const FinetuneOptions& options) {
    if (options.lrs.size() == 1) {
        return {};
    }
    const std::vector<std::int64_t>& counts = trainer.counts();
    if (*std::max_element(counts.begin(), counts.end()) < 2) {
        throw ConfigError("eval.finetune: one label of each class leaves none to choose the learning rate on; "
                          "give a single rate in eval.finetune.lrs, or more labels");
    }
    std::vector<Cell> cells;
    for (std::size_t row = 0; row < rows; ++row) {
        for (const double lr : options.lrs) {
            for (std::int64_t draw = 0; draw < selection_draws(options); ++draw) {
                cells.push_back({row, lr, draw, true});
            }
        }
    }
    return cells;
}

std::vector<ChosenRate> chosen_rates(const std::vector<Cell>& cells, const std::vector<double>& accuracy,
                                     std::size_t rows, const FinetuneOptions& options) {
    std::vector<ChosenRate> chosen(rows, {options.lrs.front(), 0});
    const auto block = static_cast<std::size_t>(selection_draws(options));
    for (std::size_t first = 0; first < cells.size(); first += block) {
        double mean = 0;
        for (std::size_t i = first; i < first + block; ++i) {
            mean += accuracy[i] / static_cast<double>(block);
        }
        ChosenRate& best = chosen[cells[first].row];
        if (mean > best.accuracy) {
            best = {cells[first].lr, mean};
        }
    }
    return chosen;
}

std::vector<Cell> final_cells(const std::vector<ChosenRate>& rates, const FinetuneOptions& options) {
    std::vector<Cell> cells;
    for (std::size_t row = 0; row < rates.size(); ++row) {
        for (std::int64_t draw = 0; draw < options.draws; ++draw) {
            cells.push_back({row, rates[row].lr, draw, false});
        }
    }
    return cells;
}

std::vector<std::int64_t> present(std::vector<std::int64_t> counts) {
    counts.erase(std::remove(counts.begin(), counts.end(), 0), counts.end());
    return counts;
}

ResultRow finished_row(const std::string& name, const ChosenRate& rate, const FinetuneTrainer& trainer,
                       const FinetuneOptions& options) {
    ResultRow row;
    row.name = name;
    const std::vector<std::int64_t> counts = present(trainer.counts());
    const auto [least, most] = std::minmax_element(counts.begin(), counts.end());
    row.details["labels"] = static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::int64_t{0}));
    if (*least == *most) {
        row.details["labels per class"] = static_cast<double>(*least);
    } else {
        row.details["labels per class"] = fmt::format("{} to {}", *least, *most);
    }
    row.details["lr"] = rate.lr;
    row.details["epochs"] = static_cast<double>(options.epochs);
    if (options.lrs.size() > 1) {
        const std::int64_t draws = selection_draws(options);
        row.details["lr chosen on"] =
            fmt::format("{:g} % of the labels of draw 1{} of {} held out, {} rates tried", 100 * options.holdout,
                        draws > 1 ? fmt::format(" to {}", draws) : "", options.draws, options.lrs.size());
        row.details["held-out accuracy"] = rate.accuracy;
    }
    return row;
}

} // namespace

std::vector<std::string> draw_notes(const shards::Dataset& train, const FinetuneOptions& options) {
    const std::string where = fmt::format("{}: split '{}'", train.info().path, train.info().split);
    const std::vector<std::int64_t> sizes = class_sizes(train.labels());
    const std::vector<std::int64_t> counts = options.per_class > 0
                                                 ? equal_counts(train.labels(), options.per_class)
                                                 : proportional_counts(train.labels(), options.fraction);
    std::vector<std::int64_t> rare;
    for (std::size_t c = 0; c < sizes.size(); ++c) {
        if (sizes[c] > 0 && options.per_class == 0 && options.fraction * static_cast<double>(sizes[c]) < 0.5) {
            rare.push_back(static_cast<std::int64_t>(c));
        }
    }
    std::vector<std::string> notes;
    if (!rare.empty()) {
        notes.push_back(fmt::format("{}: {:g} % of some classes is less than one image; one label is drawn of each: {}",
                                    where, 100 * options.fraction, class_list(train.info(), rare, sizes)));
    }
    if (options.draws > 1 && counts == sizes) {
        notes.push_back(fmt::format("{}: each of {} draws takes all labels, so that these differ in the random numbers "
                                    "of training alone; --draws 1 trains once",
                                    where, options.draws));
    }
    return notes;
}

std::vector<ResultRow> finetune(const std::vector<FinetuneRow>& rows, const shards::Dataset& train,
                                const shards::Dataset& test, const FeatureOptions& images,
                                const FinetuneOptions& options, dist::Communicator& comm) {
    const FinetuneTrainer trainer(rows, train, test, images, options);
    const std::vector<Cell> selection = selection_cells(trainer, rows.size(), options);
    std::vector<ChosenRate> rates(rows.size(), {options.lrs.front(), 0});
    const std::int64_t passes =
        own_passes(trainer, selection, comm) + own_passes(trainer, final_cells(rates, options), comm);
    const std::vector<std::int64_t>& counts = trainer.counts();
    log::info(fmt::format("fine-tune: {} trainings to choose learning rates and {} to judge, each of {} epochs over at "
                          "most {} labels, on {} rank{}: {} passes of an image for this one",
                          selection.size(), rows.size() * static_cast<std::size_t>(options.draws), options.epochs,
                          std::accumulate(counts.begin(), counts.end(), std::int64_t{0}), comm.size(),
                          comm.size() == 1 ? "" : "s", compact_number(static_cast<double>(passes))));
    CellRunner runner(rows, trainer, options, passes, comm);
    if (!selection.empty()) {
        rates = chosen_rates(selection, runner.run(selection), rows.size(), options);
    }
    const std::vector<Cell> cells = final_cells(rates, options);
    const std::vector<double> accuracy = runner.run(cells);
    runner.finish();
    std::vector<std::vector<double>> draws(rows.size());
    for (std::size_t i = 0; i < cells.size(); ++i) {
        draws[cells[i].row].push_back(accuracy[i]);
    }
    std::vector<ResultRow> results;
    for (std::size_t row = 0; row < rows.size(); ++row) {
        results.push_back(finished_row(rows[row].name, rates[row], trainer, options));
        results.back().scores = {score_of(std::move(draws[row]))};
    }
    return results;
}

} // namespace tacit::eval
