// SPDX-License-Identifier: BSD-3-Clause
// The watch over ranks that keep the others waiting. A rank that waits answers when it is called: one that does not
// answer is the one that is waited for.
//
// Only waiting ranks do anything for the watch, and nothing in the first moments of a wait. A few ranks (zero, one, and
// the first of some nodes) call all others once they have waited for the limit; a waiting rank answers from within its
// wait. The lowest-ranked waiting caller names the ranks that did not answer. The phase of a late rank stands in memory
// that its node shares: its neighbours' answers bring it along.
#include "elbow/parallel/watch.h"

#include "elbow/parallel/detail/comm.h"

#include "elbow/base/clock.h"
#include "elbow/base/memory.h"
#include "elbow/base/text.h"
#include "elbow/parallel/shared.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TAG_CALL = 1, TAG_ANSWER = 2 };
enum { HOST_SIZE = 64, NAMES_MOST = 4, CALLING_NODES = 4 };

// Seconds: a wait below this is nobody's business; how long a call waits for answers, as a share of the limit and at
// most.
static const double SHORT_WAIT = 0.02, GRACE_SHARE = 0.25, GRACE_MOST = 2;

static const char *const phase_names[ELBOW_PHASES] = {
    [ELBOW_PHASE_START] = "starting",
    [ELBOW_PHASE_DATA] = "loading data",
    [ELBOW_PHASE_COMPUTE] = "computing",
    [ELBOW_PHASE_EXCHANGE] = "exchanging gradients",
    [ELBOW_PHASE_ROWS] = "writing rows",
    [ELBOW_PHASE_EVALUATION] = "evaluating",
    [ELBOW_PHASE_PICTURES] = "drawing pictures",
    [ELBOW_PHASE_CHECKPOINT] = "writing a checkpoint",
    [ELBOW_PHASE_TRACE] = "writing the trace",
    [ELBOW_PHASE_PAGES] = "waiting for pages of the data",
};

// What a rank is busy with, alone on its cache line.
struct slot {
    atomic_int phase;
    char padding[ELBOW_ALIGNMENT - sizeof(atomic_int)];
};

// An answer: to which call, and what the next rank of the answerer's node is busy with (-1: not known).
struct answer {
    int64_t call, next_phase;
};

// What goes to one rank: a call, an answer. A message stays where it is until MPI is done with it.
struct letter {
    union {
        int64_t call;
        struct answer answer;
    } text;
    MPI_Request request; // MPI_REQUEST_NULL: nothing is under way
};

struct mail {
    struct letter call, answer;
    int sent; // messages to that rank since the start
};

struct elbow_stall_watch {
    double limit, grace;
    struct elbow_log *log; // not owned
    MPI_Comm world;        // a copy, whose messages meet no others
    struct elbow_shared board;
    struct slot *slots;       // [node_size] in the board where it is shared, else only this rank's
    char (*hosts)[HOST_SIZE]; // [size] owned
    bool *answered;           // [size] owned
    int *phases;              // [size] as far as known; owned
    struct mail *mail;        // [size] owned
    int64_t call;             // the number of this rank's last call
    int received;             // messages since the start
    bool is_ending;           // calls no more
};

// Whether a rank is one of the few that call. One that is not waited for itself is among them even if a whole node
// hangs.
static bool calls(const struct elbow_comm *comm, int rank)
{
    return rank < 2 || (comm->node_rank_of[rank] == 0 && comm->node_of[rank] < CALLING_NODES);
}

static struct slot *slot_of(const struct elbow_comm *comm, int node_rank)
{
    const struct elbow_stall_watch *watch = comm->watch;
    if (watch->board.is_shared)
        return &watch->slots[node_rank];
    return node_rank == comm->place.node_rank ? watch->slots : NULL;
}

void elbow_comm_enter(struct elbow_comm *comm, enum elbow_comm_phase phase)
{
    comm->phase = phase;
    if (comm->watch != NULL)
        atomic_store_explicit(&slot_of(comm, comm->place.node_rank)->phase, phase, memory_order_relaxed);
}

// What a rank of this node is busy with, -1 if that is not known.
static int phase_here(const struct elbow_comm *comm, int node_rank)
{
    struct slot *slot = slot_of(comm, node_rank);
    return slot == NULL ? -1 : atomic_load_explicit(&slot->phase, memory_order_relaxed);
}

// The rank after `rank` on its node, in a circle.
static int next_on_node(const struct elbow_comm *comm, int rank)
{
    bool is_last = comm->node_rank_of[rank] + 1 == comm->node_size_of[rank];
    return is_last ? rank - comm->node_rank_of[rank] : rank + 1;
}

// Whether the letter's last message is through.
static bool is_free(struct letter *letter)
{
    int complete = 1;
    if (letter->request != MPI_REQUEST_NULL)
        MPI_Test(&letter->request, &complete, MPI_STATUS_IGNORE);
    return complete != 0;
}

static void post(struct elbow_stall_watch *watch, struct letter *letter, size_t size, int rank, int tag)
{
    MPI_Isend(&letter->text, (int)size, MPI_BYTE, rank, tag, watch->world, &letter->request);
    watch->mail[rank].sent += 1;
}

// Whether a message is there, and from whom.
static bool look(const struct elbow_stall_watch *watch, int tag, int *rank)
{
    int is_there = 0;
    MPI_Status status;
    MPI_Iprobe(MPI_ANY_SOURCE, tag, watch->world, &is_there, &status);
    *rank = status.MPI_SOURCE;
    return is_there != 0;
}

static void take(struct elbow_stall_watch *watch, int tag, void *bytes, size_t size, int rank)
{
    MPI_Recv(bytes, (int)size, MPI_BYTE, rank, tag, watch->world, MPI_STATUS_IGNORE);
    watch->received += 1;
}

// A call waits where it is while the last answer to its caller is still under way.
static void answer_calls(struct elbow_comm *comm)
{
    struct elbow_stall_watch *watch = comm->watch;
    int64_t call;
    for (int caller; look(watch, TAG_CALL, &caller) && is_free(&watch->mail[caller].answer);) {
        struct letter *letter = &watch->mail[caller].answer;
        int next = next_on_node(comm, comm->place.rank);
        take(watch, TAG_CALL, &call, sizeof call, caller);
        letter->text.answer = (struct answer){.call = call, .next_phase = phase_here(comm, comm->node_rank_of[next])};
        post(watch, letter, sizeof letter->text.answer, caller, TAG_ANSWER);
    }
}

// Who has not yet taken the last call need not get another one: an answer to that will do.
static void call_all(struct elbow_comm *comm)
{
    struct elbow_stall_watch *watch = comm->watch;
    int me = comm->place.rank;
    watch->call += 1;
    for (int r = 0; r < comm->place.size; ++r) {
        struct letter *letter = &watch->mail[r].call;
        bool is_near = comm->node_of[r] == comm->place.node;
        watch->answered[r] = r == me;
        watch->phases[r] = is_near ? phase_here(comm, comm->node_rank_of[r]) : -1;
        if (r == me || !is_free(letter))
            continue;
        letter->text.call = watch->call;
        post(watch, letter, sizeof letter->text.call, r, TAG_CALL);
    }
}

static void take_answers(struct elbow_comm *comm)
{
    struct elbow_stall_watch *watch = comm->watch;
    struct answer answer;
    for (int rank; look(watch, TAG_ANSWER, &rank);) {
        take(watch, TAG_ANSWER, &answer, sizeof answer, rank);
        if (answer.call != watch->mail[rank].call.text.call)
            continue;
        watch->answered[rank] = true;
        if (answer.next_phase >= 0 && answer.next_phase < ELBOW_PHASES)
            watch->phases[next_on_node(comm, rank)] = (int)answer.next_phase;
    }
}

// Rank zero has the log; another rank has stderr.
static void tell(struct elbow_comm *comm, const char *text)
{
    if (comm->place.rank == 0)
        elbow_log_warn(comm->watch->log, "%s", text);
    else
        elbow_text_print(stderr, "elbow: warning: %s\n", text);
}

// Whether it is this rank's turn: no lower caller waits.
static bool is_teller(const struct elbow_comm *comm)
{
    for (int r = 0; r < comm->place.rank; ++r)
        if (comm->watch->answered[r] && calls(comm, r))
            return false;
    return true;
}

// Names the ranks that have not answered.
static void tell_late(struct elbow_comm *comm, double seconds)
{
    struct elbow_stall_watch *watch = comm->watch;
    char text[NAMES_MOST * (HOST_SIZE + 64) + 128] = "";
    size_t length = 0;
    int late = 0;
    for (int r = 0; r < comm->place.size; ++r) {
        if (watch->answered[r] || ++late > NAMES_MOST)
            continue;
        const char *phase = watch->phases[r] < 0 ? "phase unknown" : phase_names[watch->phases[r]];
        elbow_text_format(text + length, sizeof text - length, "%srank %d on %s (%s)", late > 1 ? ", " : "", r,
                          watch->hosts[r], phase);
        length = strlen(text);
    }
    if (late > NAMES_MOST)
        elbow_text_format(text + length, sizeof text - length, " and %d more", late - NAMES_MOST);
    length = strlen(text);
    if (late == 0)
        elbow_text_format(text, sizeof text,
                          "all ranks have waited for each other for %.0f s: a message is in transit, or lost", seconds);
    else
        elbow_text_format(text + length, sizeof text - length,
                          " keep%s the others waiting, for %.0f s now; the run continues when %s", late == 1 ? "s" : "",
                          seconds, late == 1 ? "it does" : "they do");
    tell(comm, text);
}

// Looks after a wait that has lasted a while.
static void look_after(struct elbow_comm *comm, struct elbow_vigil *vigil)
{
    struct elbow_stall_watch *watch = comm->watch;
    double now = elbow_clock_seconds();
    // A rank that was itself stopped in between has not waited for others.
    if (!vigil->was_looked_at || now - vigil->last > watch->limit / 2)
        vigil->since = now;
    vigil->was_looked_at = true;
    vigil->last = now;
    if (now - vigil->since < SHORT_WAIT)
        return;
    answer_calls(comm);
    if (now - vigil->since < watch->limit || vigil->is_told || watch->is_ending || !calls(comm, comm->place.rank))
        return;
    if (!vigil->has_called) {
        call_all(comm);
        vigil->has_called = true;
        vigil->called = now;
    }
    take_answers(comm);
    if (now - vigil->called < watch->grace)
        return;
    vigil->is_told = true;
    vigil->is_teller = is_teller(comm);
    if (vigil->is_teller)
        tell_late(comm, now - vigil->since);
}

// Says that a wait of which this rank told is over.
static void relieve(struct elbow_comm *comm, const struct elbow_vigil *vigil)
{
    char text[64];
    elbow_text_format(text, sizeof text, "the run continues after a wait of %.0f s",
                      elbow_clock_seconds() - vigil->since);
    tell(comm, text);
}

static void on_wait(struct elbow_comm *comm, struct elbow_vigil *vigil, bool is_over)
{
    if (!is_over)
        look_after(comm, vigil);
    else if (vigil->is_teller)
        relieve(comm, vigil);
}

static enum elbow_status make_tables(struct elbow_comm *comm, struct elbow_stall_watch **out, struct elbow_error *error)
{
    size_t size = (size_t)comm->place.size;
    enum elbow_status status = elbow_allocate(out, 1, sizeof **out, "the watch", error);
    if (status != ELBOW_OK)
        return status;
    struct elbow_stall_watch *watch = *out;
    const struct elbow_array arrays[] = {
        ELBOW_ARRAY(watch->hosts, size),
        ELBOW_ARRAY(watch->answered, size),
        ELBOW_ARRAY(watch->phases, size),
        ELBOW_ARRAY(watch->mail, size),
    };
    status = elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "the watch", error);
    for (size_t r = 0; status == ELBOW_OK && r < size; ++r)
        watch->mail[r].call.request = watch->mail[r].answer.request = MPI_REQUEST_NULL;
    return status;
}

static void release_tables(struct elbow_stall_watch **watch)
{
    if (*watch == NULL)
        return;
    elbow_release(&(*watch)->hosts);
    elbow_release(&(*watch)->answered);
    elbow_release(&(*watch)->phases);
    elbow_release(&(*watch)->mail);
    elbow_release(watch);
}

enum elbow_status elbow_comm_watch(struct elbow_comm *comm, int64_t seconds, struct elbow_log *log,
                                   struct elbow_error *error)
{
    ELBOW_CHECK(comm->watch == NULL);
    if (seconds <= 0 || comm->place.size == 1)
        return ELBOW_OK;
    struct elbow_stall_watch *watch = NULL;
    struct elbow_log silent = elbow_log_open(false, stderr); // what cannot be shared here is a phase that is not told
    *error = (struct elbow_error){0};
    make_tables(comm, &watch, error);
    if (elbow_comm_agree(comm, error) == ELBOW_OK)
        elbow_comm_share(comm, (size_t)comm->place.node_size * sizeof(struct slot), sizeof(struct slot),
                         "the phases of the ranks", &silent, &watch->board, error);
    if (error->status != ELBOW_OK) {
        release_tables(&watch);
        return error->status;
    }
    char host[HOST_SIZE] = "an unknown host";
    gethostname(host, sizeof host - 1);
    host[strcspn(host, ".")] = 0;
    MPI_Allgather(host, HOST_SIZE, MPI_BYTE, watch->hosts, HOST_SIZE, MPI_BYTE, comm->world);
    MPI_Comm_dup(comm->world, &watch->world);
    watch->limit = (double)seconds;
    watch->grace = fmin(GRACE_MOST, GRACE_SHARE * watch->limit);
    watch->log = log;
    watch->slots = watch->board.base;
    comm->watch = watch;
    comm->on_wait = on_wait;
    elbow_comm_enter(comm, comm->phase);
    return ELBOW_OK;
}

// Waits until all that was ever sent to this rank has come; nobody sends any more, and nobody is answered.
struct rest {
    struct elbow_stall_watch *watch;
    int expected;
};

static bool is_drained(void *user)
{
    struct rest *rest = user;
    char bytes[sizeof(struct answer)];
    for (int rank; rest->watch->received < rest->expected && look(rest->watch, MPI_ANY_TAG, &rank);)
        take(rest->watch, MPI_ANY_TAG, bytes, sizeof bytes, rank);
    return rest->watch->received >= rest->expected;
}

static void drain(struct elbow_comm *comm, struct elbow_stall_watch *watch)
{
    struct rest rest = {.watch = watch};
    for (int r = 0; r < comm->place.size; ++r)
        watch->phases[r] = watch->mail[r].sent;
    MPI_Request request;
    MPI_Ireduce_scatter_block(watch->phases, &rest.expected, 1, MPI_INT, MPI_SUM, comm->world, &request);
    elbow_comm_wait(comm, &request);
    elbow_comm_wait_until(comm, is_drained, &rest);
    for (int r = 0; r < comm->place.size; ++r) {
        elbow_comm_wait(comm, &watch->mail[r].call.request);
        elbow_comm_wait(comm, &watch->mail[r].answer.request);
    }
}

void elbow_comm_watch_end(struct elbow_comm *comm)
{
    struct elbow_stall_watch *watch = comm->watch;
    if (watch == NULL)
        return;
    watch->is_ending = true; // others may still wait in the loop, and are answered until they come here
    elbow_comm_barrier(comm);
    comm->watch = NULL;
    comm->on_wait = NULL;
    drain(comm, watch);
    MPI_Comm_free(&watch->world);
    elbow_comm_unshare(comm, &watch->board);
    release_tables(&watch);
}
