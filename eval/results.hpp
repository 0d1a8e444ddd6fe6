// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace tacit::eval {

/// A fact about how a row was made: a number or a word.
using Detail = std::variant<double, std::string>;

/// The fact as a reader wants it: words as they are, numbers with four digits.
std::string detail_text(const Detail& detail);

/// One line of a result table: an encoder (or baseline) and its test accuracy.
struct ResultRow {
    std::string name;          ///< "pretrained", "raw pixels", "random encoder", "supervised from scratch"
    double accuracy = 0;       ///< in [0, 1]; mean over draws where there are draws
    double std = 0;            ///< sample standard deviation over draws; 0 with one
    std::vector<double> draws; ///< accuracy of each draw; one entry without draws
    std::map<std::string, Detail> details;
};

/// The outcome of one protocol on one run: eval/<protocol>.json of the run folder.
struct EvalResult {
    std::string protocol; ///< "linear", "knn" or "finetune"
    std::string run;
    std::string pretext;
    std::string checkpoint;
    std::string data;
    std::vector<ResultRow> rows;
    double seconds = 0;
    std::vector<std::string> notes = {}; ///< sentences on what was left out, and what weakens the comparison
    std::string measure = {};            ///< the settings that decide what is measured: "k 20, temperature 0.07"
    std::string data_digest = {};        ///< of images and labels of both splits; empty in files of earlier versions
    std::int64_t test_images = 0;        ///< labelled ones, by which every row was judged; 0: not known
    std::int64_t step = 0;               ///< of the checkpoint
    std::int64_t steps = 0;              ///< of the whole training; 0: not known
    std::string command = {};            ///< as it was typed, with its launcher, quoted for a shell
    std::string directory = {};          ///< in which it was typed
};

/// A range that holds the accuracy with 95 % confidence.
struct Interval {
    double low = 0;
    double high = 1;
    bool overlaps(const Interval& other) const { return low <= other.high && other.low <= high; }
};

/// Of the row's accuracy: Wilson's interval over `test_images` images, and with several draws at least Student's
/// interval of their mean. A point where neither is known.
Interval interval_of(const ResultRow& row, std::int64_t test_images);

/// "judged at step 116 of 600"; empty where training was complete or its length is not known.
std::string unfinished_text(const EvalResult& result);

/// " ± 0.38 (3 draws)": the standard deviation in points over draws of the labels; " [86.6, 87.9]", the interval, with
/// one; empty where that is not known.
std::string spread_text(const ResultRow& row, std::int64_t test_images);

/// Fills accuracy and std (n - 1 in the denominator) from `draws`, which must not be empty.
void summarise_draws(ResultRow& row);

/// JSON text of the result, and back. Reading throws DataError naming `name` and what is wrong.
std::string to_json(const EvalResult& result);
EvalResult result_from_json(const std::string& text, const std::string& name);

/// Equal for results that may stand in one column: of one protocol, the same data and the same settings.
std::string identity_of(const EvalResult& result);

/// <run folder>/eval/<protocol>.json, written atomically; creates the folder. Returns the path. A result of other data
/// than the run's own is kept beside it, as <protocol>-<digest of identity_of()>.json, and so is what an earlier
/// command measured with other settings.
std::string write_result(const std::string& run_folder, const EvalResult& result, bool own_data = true);

/// The files that write_result() left for a protocol, <protocol>.json first.
std::vector<std::string> result_files(const std::string& run_folder, const std::string& protocol);

/// The result as an aligned table for a terminal, ending in a newline.
std::string as_table(const EvalResult& result);

} // namespace tacit::eval
