// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace tacit::eval {

/// A fact about how a row was made: a number or a word.
using Detail = std::variant<double, std::string>;

/// The fact as a reader wants it: words as they are, numbers with four digits.
std::string detail_text(const Detail& detail);

/// How a score is shown.
enum class Unit {
    percent, ///< a share in [0, 1], shown in per cent
    plain,   ///< any number
};

/// What a score of a protocol is.
struct ScoreInfo {
    std::string name; ///< "accuracy"
    Unit unit = Unit::percent;
    bool higher_is_better = true;
    bool share_of_images = false; ///< the share of test images for which something holds: it has Wilson's interval
};

/// The share of test images whose class is found.
ScoreInfo accuracy_info();

/// What a row reached in one score.
struct Score {
    double value = 0;          ///< mean over draws
    double std = 0;            ///< sample standard deviation over draws (n - 1 in the denominator); 0 with one
    std::vector<double> draws; ///< of the same thing, each measured afresh; one entry without draws
};

/// Mean and deviation of `draws`, which must not be empty.
Score score_of(std::vector<double> draws);

/// One line of a result table: an encoder (or baseline) and what it reached.
struct ResultRow {
    std::string name;               ///< "pretrained", "raw pixels", "random encoder", "supervised from scratch"
    std::vector<Score> scores = {}; ///< in the order of EvalResult::scores
    std::map<std::string, Detail> details = {}; ///< how it was made
};

/// All details of a row in a line; those that identify rather than inform stay in the file.
std::string details_text(const ResultRow& row);

/// The outcome of one protocol on one run: eval/<protocol>.json of the run folder.
struct EvalResult {
    std::string protocol; ///< name of the protocol's entry: "linear"
    std::string run;
    std::string pretext;
    std::string checkpoint;
    std::string data;
    std::vector<ResultRow> rows;
    double seconds = 0;
    std::vector<ScoreInfo> scores = {accuracy_info()}; ///< the first one decides who is better
    std::vector<std::string> notes = {}; ///< sentences on what was left out, and what weakens the comparison
    std::string measure = {};            ///< the settings that decide what is measured: "k 20, temperature 0.07"
    std::string data_digest = {};        ///< of images and labels of both splits; empty in files of earlier versions
    std::int64_t test_images = 0;        ///< labelled ones, by which every row was judged; 0: not known
    std::int64_t step = 0;               ///< of the checkpoint
    std::int64_t steps = 0;              ///< of the whole training; 0: not known
    std::string command = {};            ///< as it was typed, with its launcher, quoted for a shell
    std::string directory = {};          ///< in which it was typed
};

/// A range that holds the score with 95 % confidence.
struct Interval {
    double low = 0;
    double high = 1;
    bool overlaps(const Interval& other) const { return low <= other.high && other.low <= high; }
};

/// Of a score: Wilson's interval over `test_images` images where it is a share of them, and with several draws at
/// least Student's interval of their mean. Nothing where neither is known.
std::optional<Interval> interval_of(const Score& score, const ScoreInfo& info, std::int64_t test_images);

/// "judged at step 116 of 600"; empty where training was complete or its length is not known.
std::string unfinished_text(const EvalResult& result);

/// "86.12" for a share of 0.8612, "0.3142" for a plain number.
std::string value_text(double value, Unit unit);

/// " ± 0.38 (3 draws)": the standard deviation over draws of the labels, in points or plain; " [86.6, 87.9]", the
/// interval, with one; empty where that is not known.
std::string spread_text(const Score& score, const ScoreInfo& info, std::int64_t test_images);

/// Every score of a row of `result`: " 86.12 % [86.6, 87.9]", with its name where it is no accuracy.
std::string scores_text(const ResultRow& row, const EvalResult& result);

/// JSON text of the result (version 2), and back; version 1, which had accuracies alone, is read too. Reading throws
/// DataError naming `name` and what is wrong.
std::string to_json(const EvalResult& result);
EvalResult result_from_json(const std::string& text, const std::string& name);

/// Equal for results that may stand in one column: of one protocol, the same data and the same settings.
std::string identity_of(const EvalResult& result);

/// <run folder>/eval/<protocol>.json, written atomically; creates the folder. Returns the path. A result of other data
/// than the run's own is kept beside it, as <protocol>-<digest of identity_of()>.json, and so is what an earlier
/// command measured with other settings. A file in its place that cannot be read, or is of a newer Tacit, is kept under
/// another name, with a warning.
std::string write_result(const std::string& run_folder, const EvalResult& result, bool own_data = true);

/// The files that write_result() left for a protocol, <protocol>.json first.
std::vector<std::string> result_files(const std::string& run_folder, const std::string& protocol);

/// The result as an aligned table for a terminal, ending in a newline.
std::string as_table(const EvalResult& result);

} // namespace tacit::eval
