// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/base/utf8.hpp"

#include <cmath>
#include <limits>
#include <string>
#include <utility>

namespace tacit {

/// Brings every string and key of a JSON value (nlohmann's) to UTF-8: utf8_of().
template <class Json> void make_utf8(Json& json) {
    if (json.is_string()) {
        auto& text = json.template get_ref<std::string&>();
        text = utf8_of(text);
    } else if (json.is_array()) {
        for (Json& item : json) {
            make_utf8(item);
        }
    } else if (json.is_object()) {
        Json made = Json::object();
        for (auto& [key, value] : json.items()) {
            make_utf8(value);
            made[utf8_of(key)] = std::move(value);
        }
        json = std::move(made);
    }
}

/// JSON text, on one line if `indent` is negative. Strings may hold any bytes (names of files, classes, attributes):
/// every JSON that Tacit writes is made here, so that none of them can end a command.
template <class Json> std::string json_text(Json json, int indent = -1) {
    make_utf8(json);
    return json.dump(indent);
}

/// What a person is told of an exception of nlohmann's, whose own text speaks of its insides.
template <class Exception> std::string json_fault(const Exception& error) {
    constexpr int kFirstOfOthers = 200; // those of parsing are 100 to 199
    return error.id < kFirstOfOthers ? "it is not JSON, or not all of it" : "a value is missing or of another kind";
}

/// A number for JSON, which has none for what is not finite: that becomes the text "NaN", "Infinity" or "-Infinity".
template <class Json> Json json_number(double value) {
    if (std::isfinite(value)) {
        return value;
    }
    return std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
}

/// What json_number() made; null, which an earlier Tacit wrote instead, is NaN. Throws as Json::get() for anything
/// else.
template <class Json> double number_of(const Json& json) {
    if (json.is_number()) {
        return json.template get<double>();
    }
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    const std::string text = json.is_null() ? "NaN" : json.template get<std::string>();
    return text == "Infinity" ? kInfinity : text == "-Infinity" ? -kInfinity : std::nan("");
}

} // namespace tacit
