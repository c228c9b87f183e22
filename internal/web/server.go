package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os/user"
	"reflect"
	"strconv"
	"time"

	"wissel"
	"wissel/internal/audit"
	"wissel/internal/privacy"
)

// maxRequest bounds the body of a request to the API.
const maxRequest = 1 << 20

// bodyIn is how long a body may take to come.
const bodyIn = 10 * time.Second

// Control serves the API for operators: on the control socket, and over the network to those who hold a token.
type Control struct {
	board   Switchboard
	metrics http.Handler
	log     *slog.Logger
	door    door
}

// NewControl makes the API over board; metrics is served at /metrics.
func NewControl(board Switchboard, metrics http.Handler, log *slog.Logger) *Control {
	return &Control{board: board, metrics: metrics, log: log}
}

// Run serves on l until ctx ends, and returns when the last request has been answered, or after two seconds.
func (c *Control) Run(ctx context.Context, l net.Listener) error {
	server := &http.Server{
		Handler:           c.Handler(),
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
		ConnContext:       withCaller,
		ErrorLog:          slog.NewLogLogger(c.log.Handler(), slog.LevelWarn),
	}
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		stopped <- server.Shutdown(grace)
	}()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve the control API at %s %s: %w", l.Addr().Network(), l.Addr(), err)
	}
	if err := <-stopped; err != nil {
		return errors.Join(server.Close(), nil) // a request that would not end is cut off; that is no fault of the stop
	}
	return nil
}

// drain answers with a line of JSON for each step, so that whoever waits sees it go on.
func (c *Control) drain(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/x-ndjson")
	flusher := http.NewResponseController(w)
	lines := json.NewEncoder(w)
	tell := func(p Progress) {
		// Who asked may be gone; the drain goes on without a listener.
		if err := errors.Join(lines.Encode(p), flusher.Flush()); err != nil {
			c.log.Debug("telling of the drain", "error", err)
		}
	}
	err := c.board.Drain(r.Context(), r.URL.Query().Get("end_calls") == "true", actor(r), func(left int) { tell(Progress{Left: left}) })
	last := Progress{Done: true}
	if err != nil {
		last.Error = err.Error()
	}
	tell(last)
}

// audit reads which rows are wanted, and gives them.
func (c *Control) audit(r *http.Request) (rows []wissel.AuditRow, err error) {
	var since time.Time
	limit := 100
	if v := r.URL.Query().Get("since"); v != "" {
		if since, err = time.Parse(time.RFC3339, v); err != nil {
			return nil, Faultf(http.StatusBadRequest, "audit", "since is no time in RFC 3339 form: %s", v)
		}
	}
	if v := r.URL.Query().Get("limit"); v != "" {
		if limit, err = strconv.Atoi(v); err != nil || limit < 0 {
			return nil, Faultf(http.StatusBadRequest, "audit", "limit is no number: %s", v)
		}
	}
	rows, err = c.board.Audit(r.Context(), since, limit)
	return notNil(rows), err
}

// verifyAudit reads where to begin and what is known, and gives what was found.
func (c *Control) verifyAudit(r *http.Request) (reports []audit.Report, err error) {
	var from uint64
	var known audit.End
	if v := r.URL.Query().Get("from"); v != "" {
		if from, err = strconv.ParseUint(v, 10, 63); err != nil {
			return nil, Faultf(http.StatusBadRequest, "audit verify", "from is no row's number: %s", v)
		}
	}
	if v := r.URL.Query().Get("head"); v != "" {
		if known, err = audit.ParseEnd(v); err != nil {
			return nil, Faultf(http.StatusBadRequest, "audit verify", "%v", err)
		}
	}
	reports, err = c.board.VerifyAudit(r.Context(), from, known)
	return notNil(reports), err
}

// notNil makes an empty list of nothing, so that JSON says [] and not null.
func notNil[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

func decode(w http.ResponseWriter, r *http.Request, into any) error {
	// A body that comes drop by drop holds nothing for long; where deadlines cannot be set there is no network.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyIn))
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return Faultf(http.StatusBadRequest, "read the request", "%v", err)
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	hideNumbers(into)
	return nil
}

// hideNumbers shortens telephone numbers in the reason of a request: reasons are kept for years, in rows that cannot be changed.
func hideNumbers(request any) {
	v := reflect.ValueOf(request)
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
		return
	}
	if reason := v.Elem().FieldByName("Reason"); reason.IsValid() && reason.Kind() == reflect.String {
		reason.SetString(privacy.Hide(reason.String()))
	}
}

// answer writes v, or err as a problem of RFC 9457.
func answer(w http.ResponseWriter, v any, err error) {
	code := http.StatusOK
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		fault := &Fault{Code: http.StatusInternalServerError, What: err.Error()}
		errors.As(err, &fault)
		code, v = fault.Code, fault
		w.Header().Set("Content-Type", "application/problem+json")
	}
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(v) // it can only fail when who asked is gone
}

// userName is the name of a user id, or "uid N" where it has none.
func userName(uid uint32) string {
	id := strconv.FormatUint(uint64(uid), 10)
	if u, err := user.LookupId(id); err == nil {
		return u.Username
	}
	return "uid " + id
}
