// A second test bench, for the second engine: it shares nothing with toolkit/sim/engine.
//
// Standard input: quiet cycles; per stream its name, numbers of stalls (enter, stay, seed), number of beats and, for an
// input, the beats in hexadecimal. Standard output: per beat its stream, cycle and, for an output, its bits.
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

#include "ports.h"

namespace {

constexpr int RESET_CYCLES = 16;
constexpr std::uint64_t BEHIND = 2000;  // cycles after the last beat, in which none may come

// The documented rule of stalls: stalled if 32 bits of xorshift64* are below one of two numbers.
class Chain {
  public:
    Chain(std::uint64_t enter, std::uint64_t stay, std::uint64_t seed) : enter_{enter}, stay_{stay} {
        std::uint64_t z = seed + 0x9E3779B97F4A7C15u;
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
        z = (z ^ z >> 27) * 0x94D049BB133111EBu;
        state_ = (z ^ z >> 31) | 1;
    }
    bool stalled() {
        if (enter_ == 0) return false;
        state_ ^= state_ >> 12;
        state_ ^= state_ << 25;
        state_ ^= state_ >> 27;
        const std::uint64_t number = state_ * 0x2545F4914F6CDD1Du >> 32;
        return held_ = number < (held_ ? stay_ : enter_);
    }

  private:
    std::uint64_t enter_, stay_, state_;
    bool held_ = false;
};

struct End {
    Wires wires;
    Chain chain;
    std::uint64_t wanted;
    std::vector<std::string> beats;  // of an input
    std::uint64_t done = 0;
    bool shown = false;
};

End read_end(const Wires& wires, bool input) {
    std::string name;
    std::uint64_t enter = 0, stay = 0, seed = 0, count = 0;
    std::cin >> name >> enter >> stay >> seed >> count;
    if (name != wires.name) throw std::runtime_error("stream " + name + " where " + wires.name + " is due");
    End end{wires, Chain{enter, stay, seed}, count, {}};
    if (input) {
        end.beats.resize(count);
        for (std::string& beat : end.beats) std::cin >> beat;
    }
    return end;
}

void put(const Wires& wires, const std::string& digits) {
    for (std::size_t i = 0; i < wires.words; ++i) wires.data[i] = 0;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        const std::size_t place = digits.size() - 1 - i;  // lowest digit last
        const char c = digits[i];
        const std::uint32_t value = c <= '9' ? c - '0' : c - 'a' + 10;
        wires.data[place / 8] |= value << (place % 8 * 4);
    }
}

bool is(const std::uint32_t* bit) { return (*bit & 1) != 0; }

}  // namespace

int main() try {
    Design top;
    std::uint64_t quiet = 0, cycle = 0, last = 0;
    std::cin >> quiet;
    std::vector<End> inputs, outputs;
    for (const Wires& wires : inputs_of(top)) inputs.push_back(read_end(wires, true));
    for (const Wires& wires : outputs_of(top)) outputs.push_back(read_end(wires, false));
    if (!std::cin) throw std::runtime_error("the job ends early");

    const auto clock = [&](bool high) {
        *clock_of(top) = high;
        top.step();
    };
    for (int i = 0; i < RESET_CYCLES; ++i) {
        *reset_of(top) = 0;
        clock(false);
        clock(true);
    }
    *reset_of(top) = 1;

    const auto left = [](const std::vector<End>& ends) {
        std::uint64_t beats = 0;
        for (const End& end : ends) beats += end.wanted > end.done ? end.wanted - end.done : 0;
        return beats;
    };
    while (left(inputs) + left(outputs) > 0 || cycle - last < BEHIND) {
        for (End& end : inputs) {
            if (!end.shown && end.done < end.wanted && !end.chain.stalled()) {
                put(end.wires, end.beats[end.done]);
                end.shown = true;
            }
            *end.wires.valid = end.shown;
        }
        for (End& end : outputs) *end.wires.ready = !end.chain.stalled();
        clock(false);
        for (End& end : inputs) {
            if (!end.shown || !is(end.wires.ready)) continue;
            std::printf("%s %" PRIu64 "\n", end.wires.name, cycle);
            ++end.done;
            end.shown = false;
            last = cycle;
        }
        for (End& end : outputs) {
            if (!is(end.wires.ready) || !is(end.wires.valid)) continue;
            std::printf("%s %" PRIu64 " ", end.wires.name, cycle);
            for (std::size_t i = end.wires.words; i-- > 0;) std::printf("%08x", end.wires.data[i]);
            std::printf("\n");
            ++end.done;
            last = cycle;
        }
        clock(true);
        ++cycle;
        if (left(inputs) + left(outputs) > 0 && cycle - last > quiet) break;
    }
    return 0;
} catch (const std::exception& problem) {
    std::fprintf(stderr, "%s\n", problem.what());
    return 3;
}
