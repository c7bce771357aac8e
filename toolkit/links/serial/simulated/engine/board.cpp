// Runs a board's top level with its serial pins on a pseudo-terminal. Vdesign.h is included before this file.
//
// First line on standard output: the name of the terminal. Each 's' on standard input asks for a line about the
// state, each 'r' presses the reset button; its end, or SIGTERM, ends the program with a last such line. What the
// design prints goes to standard error.
#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <string>

#include "line.h"
#include "terminal.h"
#include "verilated.h"

namespace offramp {

constexpr int LOOK_EVERY = 256;  // cycles between looks at the terminal
constexpr int REST_MS = 50;      // between looks while the simulation rests
constexpr std::uint64_t PRESS_CYCLES = 256;

volatile std::sig_atomic_t ended = 0;

using Options = std::map<std::string, std::string>;

Faults faults(const Options& options, const std::string& side, std::uint64_t offset) {
    const auto share = [&](const char* kind) { return std::stod(options.at(side + '_' + kind)); };
    const std::uint64_t seed = 2 * std::stoull(options.at("seed")) + offset;
    return Faults{share("corrupted"), share("dropped"), share("duplicated"), share("cut"), seed};
}

template <class Top>
class Board {
  public:
    Board(Top& top, VerilatedContext& context, const Options& options, std::FILE* told)
        : top_{top},
          context_{context},
          told_{told},
          to_board_{std::stod(options.at("host_bit"))},
          to_host_{std::stod(options.at("bit"))},
          board_faults_{faults(options, "board", 0)},
          host_faults_{faults(options, "host", 1)},
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
        const auto number = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
        std::fprintf(
            told_,
            "{\"cycles\": %llu, \"to_board\": %llu, \"to_host\": %llu, \"led\": %u, \"bad_stops\": %llu, "
            "\"faults\": %llu}\n",
            number(cycle_), number(to_board_bytes_), number(to_host_bytes_), led, number(to_host_.bad_stops),
            number(board_faults_.count + host_faults_.count));
        std::fflush(told_);
    }

  private:
    Top& top_;
    VerilatedContext& context_;
    std::FILE* told_;
    Terminal terminal_;
    Sender to_board_;
    Receiver to_host_;
    Faults board_faults_, host_faults_;
    int pressed_;  // level of the reset pin while the button is pressed
    std::uint64_t rest_;
    std::uint64_t cycle_ = 0, active_ = 0, release_ = 0;
    std::uint64_t to_board_bytes_ = 0, to_host_bytes_ = 0;

    void reset(bool pressed) {
        if constexpr (requires { top_.reset; }) top_.reset = pressed ? pressed_ : !pressed_;
    }

    void eval(bool clock) {
        top_.clk = clock;
        top_.eval();
        context_.timeInc(1);
    }

    void step() {
        top_.serial_rx = to_board_.step();
        eval(true);
        eval(false);
        ++cycle_;
        if (cycle_ == release_) reset(false);
        if (const auto byte = to_host_.step(top_.serial_tx)) {
            ++to_host_bytes_;
            host_faults_.pass(*byte, [&](std::uint8_t out) { terminal_.put(out); });
        }
        if (!to_board_.idle() || !to_host_.idle()) active_ = cycle_;
    }

    void look(int wait_ms) {
        terminal_.flush();
        // Taken as the line carries it, so that the host feels its speed.
        const short wanted = to_board_.waiting() < 16 ? POLLIN : 0;
        pollfd files[] = {{terminal_.file(), wanted, 0}, {STDIN_FILENO, POLLIN, 0}};
        if (poll(files, 2, wait_ms) <= 0) return;
        if (files[0].revents & POLLIN) {
            terminal_.read([&](std::uint8_t in) {
                ++to_board_bytes_;
                board_faults_.pass(in, [&](std::uint8_t byte) { to_board_.put(byte); });
            });
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
[[noreturn]] static void stop(const char* what, const char* file, int line) {
    std::fprintf(stderr, "%s in %s:%d\n", what, file ? file : "", line);
    std::fflush(nullptr);
    _exit(3);
}

void vl_finish(const char* file, int line, const char*) { stop("$finish", file, line); }
void vl_stop(const char* file, int line, const char*) { stop("stopped", file, line); }
void vl_fatal(const char* file, int line, const char*, const char* message) { stop(message, file, line); }
void vl_warn(const char* file, int line, const char*, const char* message) { stop(message, file, line); }

int main(int argc, char** argv) {
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
        offramp::Board<Vdesign>{top, context, options, told}.run();
    } catch (const std::exception& problem) {
        std::fprintf(stderr, "%s\n", problem.what());
        return 3;
    }
}
