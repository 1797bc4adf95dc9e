// Follows the games of books-relayer, and connects again by itself:
//
//	BOOKS_RELAYER_KEY=pn_live_… go run . ws://127.0.0.1:8080/ws/odds
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"math/rand"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

const (
	firstPause   = time.Second
	longestPause = 30 * time.Second
	// A restart closes everybody at once: coming back is spread over this time.
	spread = 10 * time.Second
	// A connection over which nothing came for so long, not even an answer to a ping, is dead.
	silence = 75 * time.Second
)

var chance = rand.New(rand.NewSource(time.Now().UnixNano()))

// Scores are what changes while a game is played; what isn't known is null.
type Scores struct {
	Home   *int   `json:"score_home"`
	Away   *int   `json:"score_away"`
	Period string `json:"period"`
	Clock  string `json:"clock"`
}

// Game is what we keep of a game.
type Game struct {
	ID     string `json:"game_id"`
	Slug   string `json:"pn_slug"`
	Status string `json:"status"`
	Scores Scores `json:"scores"`
}

// Message has the fields of all messages that we take: those of an event's game and scores stand in the event itself.
type Message struct {
	Type string `json:"type"`
	Game
	Scores
	NewStatus string   `json:"new_status"`
	Market    string   `json:"pn_market_type"`
	Book      string   `json:"book"`
	Outcome   string   `json:"outcome"`
	Points    *float64 `json:"points"`
	OldPrice  *float64 `json:"old_price"`
	NewPrice  float64  `json:"new_price"`
	Games     []Game   `json:"games"`
	Dropped   int      `json:"dropped"`
}

// View is the picture of now, by game_id: a snapshot replaces it, events change it.
type View map[string]Game

func (view View) apply(message Message) {
	game := message.Game
	if known, ok := view[game.ID]; ok {
		game = known
	}
	switch message.Type {
	case "snapshot":
		fmt.Printf("snapshot: %d games\n", len(message.Games))
		for id := range view {
			delete(view, id)
		}
		for _, game := range message.Games {
			view.put(game)
		}
	case "new_game":
		game.Status = "unplayed"
		view.put(game)
	case "score_change":
		game.Scores = message.Scores
		view.put(game)
	case "status_change":
		game.Status = message.NewStatus
		view.put(game)
	case "game_final":
		game.Scores.Home, game.Scores.Away = message.Scores.Home, message.Scores.Away
		view.put(game)
	case "price_change":
		show(game.name(), message.Book, message.Market, message.Outcome, text(message.Points),
			text(message.OldPrice), "→", fmt.Sprint(message.NewPrice))
	case "lagged":
		log.Printf("%d events dropped: a new snapshot follows", message.Dropped)
	}
}

func (view View) put(game Game) {
	view[game.ID] = game
	scores := game.Scores
	show(game.name(), text(scores.Away), "-", text(scores.Home), scores.Period, scores.Clock, game.Status)
}

func (game Game) name() string {
	if game.Slug != "" {
		return game.Slug
	}
	return game.ID
}

func text[T any](value *T) string {
	if value == nil {
		return ""
	}
	return fmt.Sprint(*value)
}

func show(words ...string) {
	fmt.Println(strings.Join(strings.Fields(strings.Join(words, " ")), " "))
}

// Ending says why there is no connection, whether that is for good, and how long to stay away at least.
type Ending struct {
	problem string
	isFinal bool
	pause   time.Duration
}

// listen subscribes, until the connection ends.
func listen(url, key string, view View) Ending {
	header := http.Header{"Authorization": {"Bearer " + key}}
	conn, response, err := websocket.DefaultDialer.Dial(url+"?on_lag=resync", header)
	if err != nil {
		if response != nil {
			return refused(response)
		}
		return Ending{problem: "can't connect: " + err.Error()}
	}
	defer conn.Close()
	heard := func(string) error { return conn.SetReadDeadline(time.Now().Add(silence)) }
	conn.SetPongHandler(heard)
	go func() {
		for conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(silence)) == nil {
			time.Sleep(silence / 3)
		}
	}()
	for {
		heard("")
		_, frame, err := conn.ReadMessage()
		if err != nil {
			return closed(err)
		}
		var message Message
		if err := json.Unmarshal(frame, &message); err != nil {
			return Ending{problem: "a frame that can't be read: " + err.Error(), isFinal: true}
		}
		view.apply(message)
	}
}

func refused(response *http.Response) Ending {
	body, _ := io.ReadAll(response.Body) // Its first kilobyte: what the server says is shorter.
	seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
	ending := Ending{problem: fmt.Sprintf("refused: %d %s", response.StatusCode, body)}
	ending.pause = time.Duration(seconds) * time.Second
	switch response.StatusCode {
	case 400, 401, 403, 404:
		ending.isFinal = true
	}
	return ending
}

func closed(err error) Ending {
	var frame *websocket.CloseError
	if !errors.As(err, &frame) {
		return Ending{problem: "lost: " + err.Error()}
	}
	ending := Ending{problem: fmt.Sprintf("closed: %d %s", frame.Code, frame.Text)}
	switch frame.Code {
	case 1001, 1011, 1012:
		ending.pause = time.Duration(chance.Float64() * float64(spread))
	case 1002, 1003, 1007, 1008, 1009: // The next connection would end the same way.
		ending.isFinal = true
	}
	return ending
}

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: BOOKS_RELAYER_KEY=pn_live_… go run . ws://HOST:PORT/ws/odds")
	}
	view, pause := View{}, firstPause
	for {
		began := time.Now()
		ending := listen(os.Args[1], os.Getenv("BOOKS_RELAYER_KEY"), view)
		if ending.isFinal {
			log.Fatal(ending.problem)
		}
		if time.Since(began) > longestPause {
			pause = firstPause
		}
		wait := time.Duration(float64(pause) * (1 + chance.Float64()) / 2)
		if wait < ending.pause {
			wait = ending.pause
		}
		if pause *= 2; pause > longestPause {
			pause = longestPause
		}
		log.Printf("%s; connecting again in %.1f s", ending.problem, wait.Seconds())
		time.Sleep(wait)
	}
}
