// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace tacit {

/// The message of the exception of type E that `body` throws; "(nothing was thrown)" if it throws none.
template <class E, class F> std::string message_of(F&& body) {
    try {
        body();
    } catch (const E& error) {
        return error.what();
    }
    return "(nothing was thrown)";
}

} // namespace tacit
