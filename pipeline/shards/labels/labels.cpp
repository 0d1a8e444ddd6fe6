// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/labels/labels.hpp"

#include "pipeline/base/counted.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/words.hpp"
#include "pipeline/shards/guess/known_names.hpp"
#include "pipeline/shards/hdf5/attributes.hpp"
#include "pipeline/shards/hdf5/groups/cells.hpp"
#include "pipeline/shards/hdf5/groups/class_lists.hpp"
#include "pipeline/shards/hdf5/whole_data.hpp"
#include "pipeline/shards/labels/class_names.hpp"
#include "pipeline/shards/labels/listed_classes.hpp"
#include "pipeline/shards/read/extents.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace tacit::shards {
namespace {

constexpr std::int64_t kMaxClasses = 1 << 20;

/// The only field of a table that is named like labels (y and Y may be places); "": there is none, or none that can be
/// read.
std::string label_field(hid_t table) {
    std::vector<std::string> fields = h5::fields_of(table);
    std::erase_if(fields, [](const std::string& name) { return name.size() < 2 || !may_list_labels(name); });
    if (fields.size() != 1) {
        return {};
    }
    const h5::Handle type = h5::field_type(table, fields[0]);
    const H5T_class_t kind = H5Tget_class(type.get());
    const bool text = kind == H5T_STRING && H5Tis_variable_str(type.get()) == 0;
    return text || kind == H5T_INTEGER || kind == H5T_FLOAT || kind == H5T_ENUM ? fields[0] : std::string();
}

/// "7" for "7.0", as tables write whole numbers in a column where one is missing.
std::string without_zeros(const std::string& text) {
    const std::size_t dot = text.find('.');
    const bool zeros = dot != std::string::npos && dot > 0 && text.find_first_not_of('0', dot + 1) == std::string::npos;
    return zeros ? text.substr(0, dot) : text;
}

/// Empty, or not a number as NumPy and pandas write it.
bool is_missing(const std::string& text) {
    return text.empty() || text == "nan" || text == "NaN";
}

/// Whether a text is one number, or a list of some: 0.5, 1e-3, "[1, 0]". 1e, E1 and 20-29 are names.
bool holds_numbers_alone(const std::string& text) {
    constexpr const char* kBetween = ",;[] \t";
    if (text.find_first_not_of("0123456789+-.eE,;[] \t") != std::string::npos) {
        return false; // what strtod() takes too: hexadecimal numbers, inf and nan
    }
    const char* at = text.c_str();
    bool any = false;
    while (*(at += std::strspn(at, kBetween)) != '\0') {
        char* end = nullptr;
        std::strtod(at, &end);
        if (end == at || (*end != '\0' && std::strchr(kBetween, *end) == nullptr)) {
            return false;
        }
        at = end;
        any = true;
    }
    return any;
}

/// Class numbers, -1 for a missing one; nothing if a text is something else.
std::optional<std::vector<double>> class_numbers(const std::vector<std::string>& texts, Meaning meaning) {
    std::vector<double> numbers;
    numbers.reserve(texts.size());
    for (const std::string& text : texts) {
        const bool classes = meaning == Meaning::classes;
        const std::string number = !classes ? text : is_missing(text) ? "-1" : without_zeros(text);
        const bool digits =
            !number.empty() && number.size() < 10 && number.find_first_not_of("0123456789") == std::string::npos;
        if (!digits && !(classes && number == "-1")) {
            return std::nullopt;
        }
        numbers.push_back(std::stod(number));
    }
    return numbers;
}

} // namespace

std::string why_no_classes(const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
        const bool numbers = holds_numbers_alone(text);
        if (numbers && !class_numbers({text}, Meaning::classes)) {
            return fmt::format("'{}' is no class number from 0 and no name", one_line(text, 40));
        }
        if (numbers && std::stod(text) >= static_cast<double>(kMaxClasses)) {
            return fmt::format("'{}' is larger than the largest class number, {}", one_line(text, 40), kMaxClasses - 1);
        }
    }
    return {};
}

Labels labels_of_numbers(const std::vector<double>& values, const std::string& where) {
    Labels labels;
    labels.values.reserve(values.size());
    double highest = -1;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (!(values[i] >= -1 && values[i] < static_cast<double>(kMaxClasses)) || values[i] != std::floor(values[i])) {
            throw NotLabels(
                fmt::format("{}: image {} has the value {}, which is no class number from 0 (or -1: no label)", where,
                            i, values[i]));
        }
        labels.values.push_back(static_cast<std::int32_t>(values[i]));
        highest = std::max(highest, values[i]);
    }
    for (std::int64_t label = 0; label <= static_cast<std::int64_t>(highest); ++label) {
        labels.classes.push_back(std::to_string(label));
    }
    return labels;
}

Labels labels_of_one_hot(const std::vector<double>& values, std::size_t classes, const std::string& where,
                         const std::string& remedy) {
    std::vector<double> numbers;
    numbers.reserve(values.size() / classes);
    for (auto row = values.begin(); row != values.end(); row += static_cast<std::ptrdiff_t>(classes)) {
        const auto end = row + static_cast<std::ptrdiff_t>(classes);
        const auto one = std::find(row, end, 1.0);
        if (one == end || std::count(row, end, 0.0) != static_cast<std::ptrdiff_t>(classes) - 1) {
            throw NotLabels(fmt::format("{}: row {} of {} columns is neither one class number nor one-hot{}", where,
                                        numbers.size(), classes, remedy));
        }
        numbers.push_back(static_cast<double>(one - row));
    }
    Labels labels = labels_of_numbers(numbers, where);
    while (labels.classes.size() < classes) {
        labels.classes.push_back(std::to_string(labels.classes.size()));
    }
    return labels;
}

Labels labels_of_texts(const std::vector<std::string>& texts, const std::string& where, Meaning meaning) {
    if (const auto numbers = class_numbers(texts, meaning)) {
        return labels_of_numbers(*numbers, where);
    }
    return labels_of_names(texts, {}, meaning);
}

Labels labels_of_names(const std::vector<std::string>& texts, std::vector<std::string> classes, Meaning meaning) {
    constexpr std::int32_t kNew = -1;
    std::map<std::string, std::int32_t> places;
    for (std::size_t i = 0; i < classes.size(); ++i) {
        places.emplace(classes[i], static_cast<std::int32_t>(i));
    }
    std::map<std::string, std::string> names; // of each text
    for (const std::string& text : texts) {
        if ((meaning == Meaning::splits || !is_missing(text)) && !names.contains(text)) {
            places.emplace(names.emplace(text, class_name(text)).first->second, kNew);
        }
    }
    Labels labels{{}, std::move(classes), {}, {}};
    for (auto& [name, place] : places) {
        if (place == kNew) {
            place = static_cast<std::int32_t>(labels.classes.size());
            labels.classes.push_back(name);
        }
    }
    for (const std::string& text : texts) {
        const auto name = names.find(text);
        const auto place = places.find(name == names.end() ? text : name->second); // a class may be called nan
        labels.values.push_back(place == places.end() ? -1 : place->second);
    }
    return labels;
}

Labels read_labels(hid_t dataset, const std::string& where, std::int64_t count, Meaning meaning) {
    if (H5Iget_type(dataset) != H5I_DATASET) {
        throw NotLabels(fmt::format("{}: is a group; name a data set with data.labels, or `none`", where));
    }
    h5::Handle type = h5::checked(H5Dget_type(dataset), where);
    const std::vector<hsize_t> dims = h5::dimensions(dataset);
    const std::uint64_t elements = capped_product(dims);
    const auto images = static_cast<std::uint64_t>(count);
    std::string field;
    std::string joined;
    if (H5Tget_class(type.get()) == H5T_COMPOUND) {
        const std::string fields = h5::field_names(type.get());
        field = elements == images && meaning == Meaning::classes ? label_field(type.get()) : "";
        if (field.empty()) {
            throw NotLabels(fmt::format("{}: is a table with the fields {}; write the one that is meant into a data "
                                        "set of its own and name that with data.labels, or `none`",
                                        where, fields));
        }
        joined = fmt::format("{}: holds the labels in its field '{}' (of {})", where, field, fields);
        type = h5::field_type(type.get(), field);
    }
    const H5T_class_t kind = H5Tget_class(type.get());
    if (kind == H5T_STRING && elements == images) {
        Labels labels = labels_of_texts(h5::read_texts(dataset, where, field), where, meaning);
        labels.joined = joined;
        return labels;
    }
    if (kind == H5T_REFERENCE && elements == images) {
        return labels_of_texts(h5::cell_texts(dataset), where, meaning);
    }
    const bool numbers = kind == H5T_INTEGER || kind == H5T_FLOAT || kind == H5T_ENUM;
    if (!numbers || elements == 0 || elements % images != 0 ||
        (elements != images && (dims[0] != images || elements / images > static_cast<std::uint64_t>(kMaxClasses)))) {
        throw NotLabels(fmt::format("{}: shape {} of {} is no list of labels for {}; name another data set with "
                                    "data.labels, or `none`",
                                    where, h5::shape_text(dims), numbers ? "numbers" : "another type",
                                    counted(count, "image")));
    }
    const auto values = h5::read_values<double>(dataset, H5T_NATIVE_DOUBLE, where, field);
    Labels labels = elements == images ? labels_of_numbers(values, where)
                                       : labels_of_one_hot(values, static_cast<std::size_t>(elements / images), where,
                                                           "; name another data set with data.labels, or `none`");
    labels.joined = joined;
    if (const std::vector<std::string> names = h5::member_names(type.get()); !names.empty()) {
        name_classes(labels, {{"its enumeration", names, true}}, true, where);
    } else if (meaning == Meaning::classes) {
        name_classes(labels, h5::class_lists(dataset, images), elements != images, where);
    }
    return labels;
}

Labels read_label_attribute(hid_t object, const std::string& name, const std::string& where, std::int64_t count,
                            Meaning meaning) {
    Labels labels = h5::is_text_attribute(object, name, where)
                        ? labels_of_texts(h5::text_attribute(object, name, where), where, meaning)
                        : labels_of_numbers(h5::number_attribute(object, name, where), where);
    if (labels.values.size() != static_cast<std::size_t>(count)) {
        throw DataError(fmt::format("{}: attribute '{}' has {} for {}", where, name,
                                    counted(static_cast<std::int64_t>(labels.values.size()), "value"),
                                    counted(count, "image")));
    }
    return labels;
}

} // namespace tacit::shards
