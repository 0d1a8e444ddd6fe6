// SPDX-License-Identifier: Apache-2.0
#pragma once

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
};

/// " ± 0.38": the standard deviation in points; empty with one draw.
std::string spread_text(const ResultRow& row);

/// Fills accuracy and std (n - 1 in the denominator) from `draws`, which must not be empty.
void summarise_draws(ResultRow& row);

/// JSON text of the result, and back. Reading throws DataError naming `name` and what is wrong.
std::string to_json(const EvalResult& result);
EvalResult result_from_json(const std::string& text, const std::string& name);

/// <run folder>/eval/<protocol>.json, written atomically; creates the folder. Returns the path.
std::string write_result(const std::string& run_folder, const EvalResult& result);

/// The result as an aligned table for a terminal, ending in a newline.
std::string as_table(const EvalResult& result);

} // namespace tacit::eval
