// Package metrics names what wissel counts, and shows it in the form of Prometheus. A metric is read when it is asked
// for: nothing on a call's path touches this package, so a dead collector slows nothing (promise 8). A label has a
// short, closed list of values: never a number, a Call-ID or text from the far end.
package metrics

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Labels are the fixed labels of one metric.
type Labels map[string]string

// Registry holds the metrics of one server.
type Registry struct{ reg *prometheus.Registry }

// New makes a registry with the process's and Go's own metrics in it.
func New() *Registry {
	reg := prometheus.NewRegistry()
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return &Registry{reg: reg}
}

// Counter adds a count that only grows. name has no prefix: "calls_total" becomes wissel_calls_total.
func (r *Registry) Counter(name, help string, labels Labels, read func() uint64) {
	r.reg.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
		Namespace: "wissel", Name: name, Help: help, ConstLabels: prometheus.Labels(labels),
	}, func() float64 { return float64(read()) }))
}

// Gauge adds a value that goes up and down.
func (r *Registry) Gauge(name, help string, labels Labels, read func() float64) {
	r.reg.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: "wissel", Name: name, Help: help, ConstLabels: prometheus.Labels(labels),
	}, read))
}

// Sample is one value of a metric whose labels come and go with the settings.
type Sample struct {
	Labels []string // values, in the order of the label names
	Value  float64
}

// Gauges adds a gauge with labels whose values are only known when it is read: trunks, groups.
func (r *Registry) Gauges(name, help string, labels []string, read func() []Sample) {
	r.reg.MustRegister(&gauges{desc: prometheus.NewDesc("wissel_"+name, help, labels, nil), read: read})
}

type gauges struct {
	desc *prometheus.Desc
	read func() []Sample
}

func (g *gauges) Describe(ch chan<- *prometheus.Desc) { ch <- g.desc }

func (g *gauges) Collect(ch chan<- prometheus.Metric) {
	for _, s := range g.read() {
		ch <- prometheus.MustNewConstMetric(g.desc, prometheus.GaugeValue, s.Value, s.Labels...)
	}
}

// Handler shows the metrics over HTTP.
func (r *Registry) Handler() http.Handler {
	return promhttp.HandlerFor(r.reg, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
}
