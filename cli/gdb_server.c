// gdb_server.c: see gdb_server.h.

#define _GNU_SOURCE
#include "cli/gdb_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOOK_MS  200 // how often it is seen whether gdb has ended
#define TEXT_MAX 1000u

// --- the connection

int cp_gdb_server_open(struct cp_gdb_server *server) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    memset(server, 0, sizeof *server);
    server->connection = -1;
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (server->listener < 0 ||
        bind(server->listener, (struct sockaddr *)&address, sizeof address) ||
        listen(server->listener, 1) ||
        getsockname(server->listener, (struct sockaddr *)&address, &size)) {
        return -1;
    }
    server->port = ntohs(address.sin_port);
    return 0;
}

static bool has_ended(pid_t child) {
    siginfo_t info = {0};
    // Whoever started it waits for it later.
    return child > 0 && waitid(P_PID, (id_t)child, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == child;
}

int cp_gdb_server_accept(struct cp_gdb_server *server, const struct cp_gdb_target *target,
                         pid_t child) {
    struct pollfd waits = {.fd = server->listener, .events = POLLIN};
    int one = 1;
    while (poll(&waits, 1, LOOK_MS) <= 0) {
        if (has_ended(child)) {
            return -1;
        }
    }
    server->connection = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
    if (server->connection < 0) {
        return -1;
    }
    // Packets are small, and each waits for the one before.
    (void)setsockopt(server->connection, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    cp_gdb_begin(&server->session, target);
    return 0;
}

void cp_gdb_server_watch(const struct cp_gdb_server *server, void (*on_input)(int signal)) {
    // On the handlers' own stack: that of the program is part of its state.
    struct sigaction action = {.sa_handler = on_input, .sa_flags = SA_ONSTACK | SA_RESTART};
    sigaction(SIGIO, &action, NULL);
    fcntl(server->connection, F_SETOWN, getpid());
    fcntl(server->connection, F_SETFL, fcntl(server->connection, F_GETFL) | O_ASYNC);
}

void cp_gdb_server_close(struct cp_gdb_server *server) {
    if (server->connection >= 0) {
        close(server->connection);
    }
    if (server->listener >= 0) {
        close(server->listener);
    }
    server->connection = server->listener = -1;
}

// --- bytes

// False when gdb is gone.
static bool read_byte(struct cp_gdb_server *server, uint8_t *byte) {
    while (server->byte_at == server->byte_count) {
        ssize_t count = read(server->connection, server->bytes, sizeof server->bytes);
        if (count == 0 || (count < 0 && errno != EINTR)) {
            return false;
        }
        server->byte_at = 0;
        server->byte_count = count < 0 ? 0 : (size_t)count;
    }
    *byte = server->bytes[server->byte_at++];
    return true;
}

// What cannot be sent is found out when nothing more is read.
static void write_all(const struct cp_gdb_server *server, const char *bytes, size_t count) {
    while (count > 0) {
        ssize_t written = send(server->connection, bytes, count, MSG_NOSIGNAL);
        if (written < 0 && errno != EINTR) {
            return;
        }
        bytes += written < 0 ? 0 : written;
        count -= written < 0 ? 0 : (size_t)written;
    }
}

// --- packets

void cp_gdb_server_send(struct cp_gdb_server *server, const char *payload) {
    server->frame_length = cp_gdb_frame(payload, strlen(payload), server->frame);
    write_all(server, server->frame, server->frame_length);
}

void cp_gdb_server_print(struct cp_gdb_server *server, const char *text) {
    char payload[2 * TEXT_MAX + 2] = "O";
    size_t length = strlen(text);
    cp_gdb_put_bytes(payload + 1, (const uint8_t *)text, length < TEXT_MAX ? length : TEXT_MAX);
    cp_gdb_server_send(server, payload);
}

static enum cp_gdb_action take_packet(struct cp_gdb_server *server) {
    struct cp_gdb_session *session = &server->session;
    if (session->needs_ack) {
        write_all(server, "+", 1);
    }
    enum cp_gdb_action action = cp_gdb_execute(session, server->reader.payload);
    bool is_answered = action == CP_GDB_REPLY || action == CP_GDB_DETACH || *session->reply;
    if (is_answered) {
        cp_gdb_server_send(server, session->reply);
    }
    return action;
}

enum cp_gdb_action cp_gdb_server_serve(struct cp_gdb_server *server) {
    uint8_t byte;
    while (read_byte(server, &byte)) {
        enum cp_gdb_action action = CP_GDB_REPLY;
        switch (cp_gdb_take(&server->reader, byte)) {
        case CP_GDB_PACKET: action = take_packet(server); break;
        case CP_GDB_BROKEN: write_all(server, "-", 1); break;
        case CP_GDB_AGAIN: write_all(server, server->frame, server->frame_length); break;
        case CP_GDB_INTERRUPT: // it stands already
        case CP_GDB_RECEIVED:
        case CP_GDB_NOTHING: break;
        }
        if (action != CP_GDB_REPLY) {
            return action;
        }
    }
    return CP_GDB_KILL;
}

bool cp_gdb_server_is_interrupted(struct cp_gdb_server *server) {
    struct pollfd waits = {.fd = server->connection, .events = POLLIN};
    uint8_t byte;
    while (server->byte_at < server->byte_count || poll(&waits, 1, 0) > 0) {
        if (!read_byte(server, &byte) || cp_gdb_take(&server->reader, byte) == CP_GDB_INTERRUPT) {
            return true;
        }
    }
    return false;
}
