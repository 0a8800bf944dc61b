// Command load posts bodies over connections that are kept open, and times how long the answers take. It reads what
// to do from standard input, and compares each answer with those that are right, byte for byte.
//
// In:  {"url": "http://127.0.0.1:8080/validate", "authority": "ca.crt", "connections": 16,
// "requests": 1000, "seconds": 2.5, "cases": [{"body": "...", "answers": ["...", "..."]}]}
// authority: PEM file, for https. It ends after so many requests or seconds, whichever is given and comes first.
// Out: {"requests": 1000, "errors": 0, "seconds": 1.5, "p50_us": 1, "p90_us": 2, "p99_us": 3, "max_us": 4,
// "samples": ["the first few wrong answers"]}
package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/url"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	patience   = 30 * time.Second // more than any webhook is given by an API server
	pause      = 10 * time.Millisecond
	mostWrong  = 5
	sampleSize = 600
)

type testCase struct {
	Body    string   `json:"body"`
	Answers []string `json:"answers"`
}

type work struct {
	URL         string     `json:"url"`
	Authority   string     `json:"authority"`
	Connections int        `json:"connections"`
	Requests    int64      `json:"requests"`
	Seconds     float64    `json:"seconds"`
	Cases       []testCase `json:"cases"`
}

type report struct {
	Requests int      `json:"requests"`
	Errors   int64    `json:"errors"`
	Seconds  float64  `json:"seconds"`
	P50      float64  `json:"p50_us"`
	P90      float64  `json:"p90_us"`
	P99      float64  `json:"p99_us"`
	Max      float64  `json:"max_us"`
	Samples  []string `json:"samples"`
}

// prepared is a case as it goes over the wire.
type prepared struct {
	request []byte
	answers [][]byte
}

type generator struct {
	dial    func() (net.Conn, error)
	cases   []prepared
	most    int64
	until   time.Time
	started atomic.Int64
	errors  atomic.Int64
	mutex   sync.Mutex
	samples []string
}

func main() {
	var wanted work
	if err := json.NewDecoder(os.Stdin).Decode(&wanted); err != nil {
		log.Fatal(err)
	}
	if wanted.Requests == 0 && wanted.Seconds == 0 || len(wanted.Cases) == 0 || wanted.Connections < 1 {
		log.Fatal("expected requests or seconds, connections and cases")
	}
	target, err := url.Parse(wanted.URL)
	if err != nil {
		log.Fatal(err)
	}
	dial, err := dialer(target, wanted.Authority)
	if err != nil {
		log.Fatal(err)
	}
	load := &generator{dial: dial, cases: prepare(target, wanted.Cases), most: wanted.Requests}
	if err := json.NewEncoder(os.Stdout).Encode(load.run(wanted.Connections, wanted.Seconds)); err != nil {
		log.Fatal(err)
	}
}

func dialer(target *url.URL, authority string) (func() (net.Conn, error), error) {
	if target.Scheme != "https" {
		return func() (net.Conn, error) { return net.DialTimeout("tcp", target.Host, patience) }, nil
	}
	pem, err := os.ReadFile(authority)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s: no certificate", authority)
	}
	config := &tls.Config{RootCAs: roots, NextProtos: []string{"http/1.1"}}
	return func() (net.Conn, error) {
		return tls.DialWithDialer(&net.Dialer{Timeout: patience}, "tcp", target.Host, config)
	}, nil
}

func prepare(target *url.URL, cases []testCase) []prepared {
	ready := make([]prepared, len(cases))
	for i, given := range cases {
		head := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: kube-apiserver-admission\r\n"+
			"Content-Length: %d\r\nAccept: application/json, */*\r\nContent-Type: application/json\r\n\r\n",
			target.RequestURI(), target.Host, len(given.Body))
		ready[i].request = []byte(head + given.Body)
		for _, answer := range given.Answers {
			ready[i].answers = append(ready[i].answers, []byte(answer))
		}
	}
	return ready
}

// run loads the server, and reports when it is done. Connections are there before the clock starts.
func (g *generator) run(connections int, seconds float64) report {
	clients := make([]*client, connections)
	for i := range clients {
		clients[i] = &client{dial: g.dial}
		if err := clients[i].connect(); err != nil {
			log.Fatal(err)
		}
	}
	taken := make([][]time.Duration, connections)
	start := time.Now()
	if seconds > 0 {
		g.until = start.Add(time.Duration(seconds * float64(time.Second)))
	}
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() { taken[i] = g.post(clients[i]) })
	}
	all.Wait()
	elapsed := time.Since(start)
	for _, client := range clients {
		client.close()
	}
	return g.report(slices.Concat(taken...), elapsed)
}

// post posts by one connection until the work is done, and gives how long each right answer took.
func (g *generator) post(client *client) []time.Duration {
	var taken []time.Duration
	for {
		number := g.started.Add(1)
		before := time.Now()
		if g.most > 0 && number > g.most || !g.until.IsZero() && before.After(g.until) {
			return taken
		}
		posted := &g.cases[int(number-1)%len(g.cases)]
		status, answer, err := client.post(posted.request)
		after := time.Since(before)
		if err != nil {
			g.wrong(number, err.Error())
			client.close()
			time.Sleep(pause)
		} else if status != 200 || !slices.ContainsFunc(posted.answers, func(right []byte) bool {
			return bytes.Equal(right, answer)
		}) {
			g.wrong(number, fmt.Sprintf("%d %s", status, answer))
		} else {
			taken = append(taken, after)
		}
	}
}

func (g *generator) wrong(number int64, what string) {
	g.errors.Add(1)
	g.mutex.Lock()
	defer g.mutex.Unlock()
	if len(g.samples) < mostWrong {
		sample := fmt.Sprintf("request %d: %s", number, what)
		g.samples = append(g.samples, sample[:min(len(sample), sampleSize)])
	}
}

func (g *generator) report(taken []time.Duration, elapsed time.Duration) report {
	slices.Sort(taken)
	share := func(share float64) float64 {
		if len(taken) == 0 {
			return 0
		}
		return float64(taken[int(share*float64(len(taken)-1))].Nanoseconds()) / 1000
	}
	return report{
		Requests: len(taken) + int(g.errors.Load()), Errors: g.errors.Load(), Seconds: elapsed.Seconds(),
		P50: share(0.5), P90: share(0.9), P99: share(0.99), Max: share(1), Samples: g.samples,
	}
}
