// Runs a board's top level whose link's other end is at a pseudo-terminal. Vdesign.h is included before this file.
//
// First line on standard output: the name of the terminal. Each 's' on standard input asks for a line about the
// state, each 'r' presses the reset button; its end, or SIGTERM, ends the program with a last such line. What the
// design prints goes to standard error.
#pragma once

#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <string>

#include "terminal.h"
#include "verilated.h"

namespace offramp {

constexpr int LOOK_EVERY = 256;  // cycles between looks at the terminal
constexpr int REST_MS = 50;      // between looks while the simulation rests
constexpr std::uint64_t PRESS_CYCLES = 256;

inline volatile std::sig_atomic_t ended = 0;

using Options = std::map<std::string, std::string>;

inline unsigned long long number(std::uint64_t value) { return static_cast<unsigned long long>(value); }

// An End is the link's other end: constructible from options and terminal, with
//   before(top), after(top)  around each rising edge of the clock
//   idle()                   whether nothing is under way
//   wanted()                 whether it takes what the host has sent
//   take(byte)               a byte of the host
//   tell(file)               its part of a line about the state
template <class Top, class End>
class Board {
  public:
    Board(Top& top, VerilatedContext& context, const Options& options, std::FILE* told)
        : top_{top},
          context_{context},
          told_{told},
          end_{options, terminal_},
          pressed_{std::stoi(options.at("reset"))},
          rest_{std::stoull(options.at("rest"))} {
        reset(false);
    }

    void run() {
        std::fprintf(told_, "%s\n", terminal_.name().c_str());
        std::fflush(told_);
        while (!ended) {
            const bool rests = cycle_ - active_ > rest_;
            if (!rests) {
                for (int i = 0; i < LOOK_EVERY; ++i) step();
            }
            look(rests ? REST_MS : 0);
        }
        state();
    }

    void state() const {
        unsigned led = 0;
        if constexpr (requires { top_.led; }) led = top_.led;
        std::fprintf(told_, "{\"cycles\": %llu, \"led\": %u", number(cycle_), led);
        end_.tell(told_);
        std::fprintf(told_, "}\n");
        std::fflush(told_);
    }

  private:
    Top& top_;
    VerilatedContext& context_;
    std::FILE* told_;
    Terminal terminal_;
    End end_;
    int pressed_;  // level of the reset pin while the button is pressed
    std::uint64_t rest_;
    std::uint64_t cycle_ = 0, active_ = 0, release_ = 0;

    void reset(bool pressed) {
        if constexpr (requires { top_.reset; }) top_.reset = pressed ? pressed_ : !pressed_;
    }

    void eval(bool clock) {
        top_.clk = clock;
        top_.eval();
        context_.timeInc(1);
    }

    void step() {
        end_.before(top_);
        eval(true);
        eval(false);
        ++cycle_;
        if (cycle_ == release_) reset(false);
        end_.after(top_);
        if (!end_.idle()) active_ = cycle_;
    }

    void look(int wait_ms) {
        terminal_.flush();
        const short wanted = end_.wanted() ? POLLIN : 0;
        pollfd files[] = {{terminal_.file(), wanted, 0}, {STDIN_FILENO, POLLIN, 0}};
        if (poll(files, 2, wait_ms) <= 0) return;
        if (files[0].revents & POLLIN) {
            terminal_.read([&](std::uint8_t in) { end_.take(in); });
            active_ = cycle_;
        }
        if (files[1].revents) obey();
    }

    void obey() {
        char order = 0;
        if (::read(STDIN_FILENO, &order, 1) != 1) {
            ended = 1;
        } else if (order == 's') {
            state();
        } else if (order == 'r') {
            reset(true);
            active_ = cycle_;
            release_ = cycle_ + PRESS_CYCLES;
        }
    }
};

}  // namespace offramp

// Verilator calls these; a failed assertion, $error, $fatal, $stop and a missing $readmem file all end here.
[[noreturn]] inline void stop(const char* what, const char* file, int line) {
    std::fprintf(stderr, "%s in %s:%d\n", what, file ? file : "", line);
    std::fflush(nullptr);
    _exit(3);
}

void vl_finish(const char* file, int line, const char*) { stop("$finish", file, line); }
void vl_stop(const char* file, int line, const char*) { stop("stopped", file, line); }
void vl_fatal(const char* file, int line, const char*, const char* message) { stop(message, file, line); }
void vl_warn(const char* file, int line, const char*, const char* message) { stop(message, file, line); }

// Arguments are NAME=VALUE, the options.
template <class End>
int run_board(int argc, char** argv) {
    std::signal(SIGTERM, [](int) { offramp::ended = 1; });
    std::signal(SIGINT, SIG_IGN);  // of the terminal of whoever started this: the host program decides
    try {
        offramp::Options options;
        for (int i = 1; i < argc; ++i) {
            const std::string word = argv[i];
            const auto middle = word.find('=');
            options[word.substr(0, middle)] = word.substr(middle + 1);
        }
        std::FILE* told = fdopen(dup(STDOUT_FILENO), "w");
        if (!told || dup2(STDERR_FILENO, STDOUT_FILENO) < 0) return 3;
        VerilatedContext context;
        Vdesign top{&context};
        offramp::Board<Vdesign, End>{top, context, options, told}.run();
    } catch (const std::exception& problem) {
        std::fprintf(stderr, "%s\n", problem.what());
        return 3;
    }
    return 0;
}
